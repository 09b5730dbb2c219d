#include "daemon/cli/audit_report.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

ExitCode run(Context& context, Arguments const&) {
    return print_audit(context, context.store().audit(context.now()));
}

}  // namespace

Verb audit_verb() {
    return {.words = "audit",
            .summary =
                "recounts the ledger: every mail has one disposition, its ticket, its octets and the receipt it "
                "is owed; exit status 65 names what does not add up",
            .positionals = {},
            .options = {},
            .examples = {"postern audit", "postern audit --json"},
            .run = run};
}

}  // namespace postern
