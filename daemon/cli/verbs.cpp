#include "daemon/cli/verb.h"

namespace postern {

std::vector<Verb> all_verbs() {
    return {status_verb(),          check_verb(),
            parse_verb(),           explain_verb(),
            deliver_verb(),         ticket_list_verb(),
            ticket_show_verb(),     ticket_status_verb(),
            ticket_severity_verb(), ticket_attachment_verb(),
            ticket_unfold_verb(),   contact_check_verb(),
            message_list_verb(),    message_show_verb(),
            message_why_verb(),     message_raw_verb(),
            held_list_verb(),       held_show_verb(),
            held_release_verb(),    held_drop_verb(),
            outbox_list_verb(),     outbox_retry_verb(),
            outbox_drop_verb(),     audit_verb(),
            backup_verb(),          verify_verb(),
            reparse_verb(),         dkim_keygen_verb(),
            dkim_record_verb(),     oauth2_login_verb()};
}

std::vector<std::string> const& later_verbs() {
    static std::vector<std::string> const words{"ticket reply", "ticket note",  "ticket assign",
                                                "ticket split", "ticket merge", "erase"};
    return words;
}

}  // namespace postern
