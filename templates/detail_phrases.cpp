#include "templates/detail_phrases.h"

#include <array>

namespace postern {

namespace {

constexpr std::array lists{
    // A place on the screen, in words.
    PhraseList{Sign::page_named, "page*|screen*|dialog*|menu*|tab|seite*|bildschirm*|maske*|menü*|reiter|startseite*"},
    // A link is known by its form; this is one promised.
    PhraseList{Sign::link, "url|urls"},
    // Steps, said to be some.
    PhraseList{Sign::steps,
               "steps|step by step|step 1|step one|first step|reproduce*|reproducible|reproducing|repro|here is how|"
               "how to trigger|to recreate|schritt*|reproduzier*|nachstell*|nachzustellen|nachvollzieh*|"
               "nachzuvollziehen|so geht es|vorgehensweise|folgendermaßen|wie folgt|klickt man|klicke ich|i clicked|"
               "we clicked|i opened|we opened"},
    // Steps, told: one of these and soon one of the next.
    PhraseList{Sign::moment,
               "when|whenever|click*|klick*|go to|navigat*|if i|if you|if we|if one|if they|if a user|after|as soon "
               "as|once i|once you|then|"
               "first|every time|each time|upon|while|tried to|trying to|try to|tries to|wenn|sobald|nachdem|"
               "nach dem|nach der|beim|zuerst|zunächst|anschließend|dann|danach|jedes mal|jedesmal|versuch*|als ich|"
               "während"},
    PhraseList{Sign::action,
               "click*|press*|open*|select*|choose*|log in|logging in|logged in|login*|sign in|signing in|upload*|"
               "download*|export*|import*|submit*|save*|saving|enter*|type*|navigat*|go to|going to|went to|start*|"
               "launch*|play*|scroll*|tap*|reload*|refresh*|print*|klick*|geklickt|angeklickt|anklicke*|drück*|"
               "gedrückt|öffne*|geöffnet|aufruf*|aufgerufen|auswähl*|wähle*|ausgewählt|anmeld*|angemeldet|einlogg*|"
               "eingeloggt|hochlad*|hochgeladen|lade*|herunterlad*|heruntergeladen|speicher*|gespeichert|abschick*|"
               "eingeb*|eingegeben|gebe|abspiel*|gehe|gestartet|druck*|tippe*|navigier*|neu laden|abgeschickt|"
               "absend*"},
    // System or browser.
    PhraseList{Sign::system,
               "windows|win10|win11|win 10|win 11|macos|mac|macs|osx|os x|macbook*|imac*|ipad*|iphone*|ios|android*|"
               "linux|ubuntu|debian|fedora|chromebook*|chromeos|chrome|chromium|firefox|safari|edge|opera|brave|"
               "vivaldi|internet explorer|ie11|ie 11|mozilla|webkit|samsung|any browser*|all browser*|every browser|"
               "different browser*|other browser*|browser version|allen browser*|jedem browser|anderen browser*|"
               "betriebssystem*|operating system|any device|all devices|every device|regardless of device|allen "
               "geräten|jedem gerät|tablet*|smartphone*"},
    // How many.
    PhraseList{Sign::affected,
               "everyone|everybody|nobody|no one|noone|anyone else|anybody else|someone else|all of us|some of us|"
               "all of them|none of us|only me|just me|only i|user|users|colleague*|coworker*|co worker*|people|"
               "student*|learner*|employee*|participant*|attendee*|teacher*|trainee*|staff|pupil*|affected|affects|"
               "affecting|the team|"
               "my team|our team|whole team|entire team|department*|whole company|entire company|same for|others|"
               "anwender*|nutzer*|benutzer|benutzern|benutzerin*|kolleg*|mitarbeite*|niemand*|jeder|jedem von|"
               "keiner|betroffen*|betrifft|person*|teilnehm*|schüler*|lernende*|das team|unser team|ganze team|ganzes "
               "team|im team|abteilung*|wir alle|bei allen|"
               "alle bei uns|bei uns allen|uns alle|nur ich|nur bei mir|nur mir|nur mich|bei anderen|leute|leuten|"
               "belegschaft"},
    // Office, home or elsewhere.
    PhraseList{Sign::place,
               "office|büro*|location home|place home|ort home|ort zuhause|at home|from home|home office|homeoffice|my "
               "home|home network|home wifi|working remotely|wfh|remote|"
               "remotely|vpn|on site|onsite|"
               "on premises|company network|corporate network|at work|headquarter*|on the road|"
               "on campus|at school|"
               "im buero|zu hause|zuhause|daheim|firmennetz*|unternehmensnetz*|vor ort|unterwegs|außendienst|"
               "standort*|filiale*|heimarbeit|mobiles arbeiten|an der arbeit|auf der arbeit|in der schule|"
               "in der firma"},
};

}  // namespace

std::span<PhraseList const> detail_phrases() noexcept {
    return lists;
}

}  // namespace postern
