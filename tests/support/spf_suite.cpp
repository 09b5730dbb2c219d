#include "tests/support/spf_suite.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "parsers/ascii.h"
#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

std::string address_octets(std::string const& text) {
    std::array<char, 16> octets{};
    if (inet_pton(AF_INET, text.c_str(), octets.data()) == 1) return {octets.data(), 4};
    if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1) return {octets.data(), 16};
    throw std::runtime_error("no address: " + text);
}

DnsType address_type(std::string const& octets) {
    return octets.size() == 4 ? DnsType::a : DnsType::aaaa;
}

// RFC 1035 3.5, RFC 3596 2.5.
std::string reverse_name(std::string const& address) {
    auto const octets = address_octets(address);
    std::string name;
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        auto const value = static_cast<unsigned char>(*octet);
        constexpr std::string_view digits = "0123456789abcdef";
        if (octets.size() == 4)
            name += std::to_string(value) + ".";
        else
            name += {digits[value & 15], '.', digits[value >> 4], '.'};
    }
    return name + (octets.size() == 4 ? "in-addr.arpa" : "ip6.arpa");
}

std::vector<std::string> list_items(std::string_view text) {
    std::vector<std::string> items;
    for (std::istringstream stream{std::string(text)}; stream;) {
        std::string item;
        if (std::getline(stream, item, ',')) items.emplace_back(trim(item));
    }
    return items;
}

class Reader {
  public:
    Reader(std::string file, std::vector<SpfSuiteTest>& tests) : file_(std::move(file)), tests_(tests) {}

    void line(std::string_view text) {
        if (text.starts_with("---")) {
            *this = Reader(file_, tests_);
            return;
        }
        auto line = trim(text);
        if (line.empty() || line.front() == '#') return;
        if (line.starts_with("- ")) line = trim(line.substr(2));
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) throw std::runtime_error(file_ + ": " + std::string(line));
        pair(std::string(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }

  private:
    Reader& operator=(Reader&& other) noexcept {
        name_ = std::move(other.name_);
        now_ = std::move(other.now_);
        return *this;
    }

    void pair(std::string const& key, std::string_view value) {
        if (key == "name")
            name_ = value;
        else if (key == "domain")
            now_.helo = value;
        else if (key == "sender")
            now_.mail_from = value;
        else if (key == "ip")
            now_.client_ip = value;
        else if (key == "expect")
            expect(value);
        else if (key != "records" && key != "tests")
            record(key, value);
    }

    void expect(std::string_view value) {
        auto const space = value.find(' ');
        now_.result = value.substr(0, space);
        now_.explanation = space == std::string_view::npos ? "" : value.substr(space + 1);
        now_.name = file_ + ": " + name_ + ": " + now_.client_ip + " " +
                    (now_.mail_from.empty() ? "<> " + now_.helo : now_.mail_from);
        tests_.push_back(now_);
    }

    void record(std::string const& type, std::string_view text) {
        auto const space = std::min(text.find(' '), text.size());
        std::string name(text.substr(0, space));
        auto const value = trim(text.substr(space));
        std::transform(name.begin(), name.end(), name.begin(), lower);
        if (type == "spf" || type == "exp")
            now_.zone[{name, DnsType::txt}] = {{std::string(value), 0}};
        else if (type == "a" || type == "aaaa")
            addresses(name, value);
        else if (type == "mx")
            exchanges(name, value);
        else if (type == "ptr")
            pointers(reverse_name(name), value);
        else
            throw std::runtime_error(file_ + ": " + type);
    }

    void addresses(std::string const& name, std::string_view list) {
        std::vector<DnsRecord> records;
        for (auto const& item : list_items(list)) records.push_back({address_octets(item), 0});
        auto const type = address_type(records.front().data);
        now_.zone[{name, type}] = std::move(records);
    }

    // The suite lists the addresses; each gets a name.
    void exchanges(std::string const& name, std::string_view list) {
        std::vector<DnsRecord> records;
        for (auto const& item : list_items(list)) {
            auto const number = static_cast<std::uint16_t>(records.size() + 1);
            auto const host = "exchange" + std::to_string(number) + "." + name;
            auto const octets = address_octets(item);
            now_.zone[{host, address_type(octets)}] = {{octets, 0}};
            records.push_back({host, number});
        }
        now_.zone[{name, DnsType::mx}] = std::move(records);
    }

    void pointers(std::string const& name, std::string_view list) {
        std::vector<DnsRecord> records;
        for (auto item : list_items(list)) {
            if (item.ends_with('.')) item.pop_back();
            records.push_back({item, 0});
        }
        now_.zone[{name, DnsType::ptr}] = std::move(records);
    }

    std::string file_, name_;
    SpfSuiteTest now_;
    std::vector<SpfSuiteTest>& tests_;
};

}  // namespace

std::vector<SpfSuiteTest> read_spf_suite(std::filesystem::path const& folder) {
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".yml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<SpfSuiteTest> tests;
    for (auto const& file : files) {
        Reader reader(file.filename().string(), tests);
        std::istringstream stream(read_file(file));
        for (std::string line; std::getline(stream, line);) reader.line(line);
    }
    return tests;
}

}  // namespace postern::testing
