#include "parsers/authentication.h"

namespace postern {

char const* to_string(SpfResult result) {
    switch (result) {
        case SpfResult::none:
            return "none";
        case SpfResult::neutral:
            return "neutral";
        case SpfResult::pass:
            return "pass";
        case SpfResult::fail:
            return "fail";
        case SpfResult::softfail:
            return "softfail";
        case SpfResult::temperror:
            return "temperror";
        case SpfResult::permerror:
            return "permerror";
    }
    return "none";
}

char const* to_string(DkimResult result) {
    switch (result) {
        case DkimResult::none:
            return "none";
        case DkimResult::pass:
            return "pass";
        case DkimResult::fail:
            return "fail";
        case DkimResult::policy:
            return "policy";
        case DkimResult::neutral:
            return "neutral";
        case DkimResult::temperror:
            return "temperror";
        case DkimResult::permerror:
            return "permerror";
    }
    return "none";
}

char const* to_string(DmarcResult result) {
    switch (result) {
        case DmarcResult::none:
            return "none";
        case DmarcResult::pass:
            return "pass";
        case DmarcResult::fail:
            return "fail";
        case DmarcResult::temperror:
            return "temperror";
        case DmarcResult::permerror:
            return "permerror";
    }
    return "none";
}

char const* to_string(DmarcPolicy policy) {
    switch (policy) {
        case DmarcPolicy::none:
            return "none";
        case DmarcPolicy::quarantine:
            return "quarantine";
        case DmarcPolicy::reject:
            return "reject";
    }
    return "none";
}

}  // namespace postern
