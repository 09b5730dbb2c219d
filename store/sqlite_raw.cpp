#include "store/sqlite_raw.h"

#include "store/sqlite_store_impl.h"

namespace postern {

std::string octets_in(Query const& row, int at) {
    if (word<OctetEncoding>(row, at, parse_octet_encoding) == OctetEncoding::identity) return row.text(at + 1);
    auto octets = unpack(row.view(at + 1), row.count(at + 2));
    if (!octets) throw StoreError{StoreError::Kind::broken, "store: the compressed octets of a mail are damaged"};
    return std::move(*octets);
}

void put_raw(SqliteConnection& connection, std::int64_t mail, std::string_view octets, PackedOctets const& packed,
             std::optional<TimePoint> expires) {
    auto const kept = packed.encoding == OctetEncoding::identity ? octets : std::string_view(packed.packed);
    // Those of a held mail are there already; only how long they are kept may have changed.
    Query{connection,
          "INSERT INTO raw (mail, encoding, expires, octets) VALUES (?, ?, ?, ?)"
          " ON CONFLICT DO UPDATE SET expires = excluded.expires",
          mail,
          packed.encoding,
          expires,
          Blob{kept}}
        .run();
}

}  // namespace postern
