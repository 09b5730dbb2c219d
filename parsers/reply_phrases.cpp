#include "parsers/reply_phrases.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"
#include "parsers/phrase_table.h"

namespace postern {
namespace {

// Labels of the header that a client quotes.
constexpr PhraseTable from_labels(
    "from|sent by|von|absender|de|expéditeur|da|mittente|remetente|van|afzender|od|nadawca|från|fra|lähettäjä|"
    "odesílatel|feladó|de la|šalje|pošiljatelj|Από|kimden|gönderen|saatja|nuo|От|от|От кого|Отправитель|Від|"
    "Від кого|Шаље|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|מאת|من|จาก|từ|dari");
constexpr PhraseTable date_labels(
    "sent|date|sent at|sent on|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|message du|enviado|"
    "enviado el|fecha|inviato|data invio|data|enviada em|enviado em|enviada|verzonden|verstuurd|wysłano|wysłane|"
    "skickat|sendt|dato|lähetetty|päiväys|odesláno|odoslané|dátum|elküldve|küldve|trimis|poslano|Στάλθηκε|"
    "Ημερομηνία|gönderme tarihi|gönderildi|tarih|saadetud|nosūtīts|išsiųsta|enviat|Отправлено|Дата|Надіслано|"
    "Изпратено|Послато|送信日時|日時|日付|发送时间|发送日期|日期|时间|寄件日期|傳送日期|보낸 날짜|날짜|נשלח|תאריך|تم "
    "الإرسال|التاريخ|ส่งเมื่อ|"
    "đã gửi|dikirim|tanggal");
constexpr PhraseTable to_labels(
    "to|cc|bcc|reply to|reply-to|an|kopie|antwort an|empfänger|à|a|pour|copie|copie à|destinataire|para|per|"
    "destinatario|aan|do|dw|till|kopia|til|vastaanottaja|komu|címzett|másolatot kap|către|prima|za|Προς|kime|"
    "alıcı|bilgi|adressaat|kam|per a|Кому|Копия|Копія|До|За|宛先|收件人|抄送|收件者|副本|받는 "
    "사람|받는사람|אל|إلى|ถึง|đến|kepada");
constexpr PhraseTable subject_labels(
    "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|předmět|predmet|tárgy|"
    "subiect|zadeva|Θέμα|konu|teema|temats|tema|assumpte|Тема|Относно|Наслов|件名|主题|主旨|主題|제목|נושא|الموضوع|"
    "เรื่อง|"
    "chủ đề|subjek");

// Between dashes.
constexpr PhraseTable original_message_phrases(
    "original message|original appointment|original email|forwarded message|forwarded by|forwarded mail|"
    "begin forwarded message|reply message|reply original message|ursprüngliche nachricht|originalnachricht|"
    "original-nachricht|originale nachricht|weitergeleitete nachricht|weitergeleitet von|"
    "anfang der weitergeleiteten nachricht|message d'origine|message d’origine|message original|"
    "message transféré|message transmis|message initial|début du message réexpédié|mensaje original|"
    "mensaje reenviado|inicio del mensaje reenviado|messaggio originale|messaggio inoltrato|"
    "inizio messaggio inoltrato|mensagem original|mensagem encaminhada|mensagem reencaminhada|"
    "oorspronkelijk bericht|origineel bericht|doorgestuurd bericht|wiadomość oryginalna|oryginalna wiadomość|"
    "treść oryginalnej wiadomości|wiadomość przekazana dalej|przekazana wiadomość|ursprungligt meddelande|"
    "originalmeddelande|vidarebefordrat meddelande|oprindelig meddelelse|oprindelig besked|"
    "videresendt meddelelse|opprinnelig melding|videresendt melding|alkuperäinen viesti|välitetty viesti|"
    "původní zpráva|přeposlaná zpráva|pôvodná správa|eredeti üzenet|továbbított üzenet|mesaj original|"
    "mesajul original|mesaj redirecționat|izvorna poruka|originalna poruka|αρχικό μήνυμα|Αρχικό μήνυμα|"
    "orijinal mesaj|özgün ileti|iletilmiş mesaj|исходное сообщение|Исходное сообщение|оригинальное сообщение|"
    "Оригинальное сообщение|Пересылаемое сообщение|Пересланное сообщение|Перенаправленное сообщение|"
    "Первоначальное сообщение|Початкове повідомлення|Вихідне повідомлення|Оригінальне повідомлення|"
    "Оригинално съобщение|Препратено "
    "съобщение|元のメッセージ|原始メッセージ|オリジナルメッセージ|元のメール|転送されたメッセージ|Original "
    "Message|原始邮件|"
    "原邮件|转发的邮件|转发邮件|原始郵件|原始訊息|轉寄郵件|轉寄的郵件|원본 메시지|원본 메일|전달된 메시지|הודעה "
    "מקורית|הודעה שהועברה|الرسالة الأصلية|"
    "رسالة محولة|ข้อความต้นฉบับ|thư gốc|pesan asli");

// "Ana wrote:", wherever the verb stands.
constexpr PhraseTable wrote_verbs(
    "wrote|writes|schrieb|geschrieben|a écrit|écrit :|écrit:|escribió|escribio|ha escrito|va escriure|ha scritto|"
    "scrisse|escreveu|schreef|geschreven|napisał|napisal|pisze|skrev|følgende|kirjoitti|napsal|napísal|píše|írta|"
    "a scris|je napisao|je napisala|napisao|napisala|έγραψε|Έγραψε|yazdı|şunu yazdı|kirjutas|rakstīja|parašė|"
    "написал|пише|пишет|писал|написав|написа|写道|写到|写了|寫道|寫了|來信|来信|書きました|さんは書き|のメッセージ|"
    "のメール|님이 작성|작성:|썼습니다|כתב|"
    "כתבה|كتب|كتابة|เขียน|đã viết|menulis|skribis");

// "On Monday, …": with what follows the word at once.
constexpr PhraseTable attribution_beginnings(
    "on |am |le |el |il |em |op |w dniu |dnia |den |d. |dne |dňa |no dia |a(z) |în |la |pe |dana |στις |Στις |"
    "tarihinde |在 |在|于|於 |於|al |kuupäeval |vào |pada |в |В |від |пн,|вт,|ср,|чт,|пт,|сб,|вс,|нд,|pon.|wt.|śr.|"
    "czw.|pt.|sob.|niedz.|mån |tis |ons |tors |fre |lör |sön |man.|tir.|ons.|tor.|fre.|lør.|søn.|út |čt |pá |"
    "lun,|mar,|mer,|jeu,|ven,|sam,|dim,|mié,|jue,|vie,|sáb,|dom,|gio |lun |mar |mer |ven |sab |dom |monday|"
    "tuesday|wednesday|thursday|friday|saturday|sunday|mon,|tue,|wed,|thu,|fri,|sat,|sun,|from:|quoting |"
    "citando |zitat von |quoth |wiadomość napisana |Понедельник,|Вторник,|Среда,|Четверг,|Пятница,|Суббота,|"
    "Воскресенье,|понедельник,|вторник,|среда,|четверг,|пятница,|суббота,|воскресенье,|בתאריך |ב-|في ");

// "Sent from my iPhone".
constexpr PhraseTable device_beginnings(
    "sent from |sent via |sent using |sent with |sent by |get outlook for |get bluemail for |"
    "download outlook for |von meinem |von unterwegs |gesendet von |gesendet mit |diese nachricht wurde von mein|"
    "outlook für |holen sie sich outlook|envoyé de mon |envoyé depuis |envoyé à partir |envoyé avec |"
    "télécharger outlook|obtenez outlook|enviado desde |enviado con |obtener outlook para |obtén outlook para |"
    "inviato da |inviato dal |scarica outlook per |ottieni outlook per |enviado do |enviado a partir |"
    "enviado pelo |enviado via |enviado através |obter o outlook para |obtenha o outlook para |verzonden vanaf |"
    "verstuurd vanaf |verzonden met |outlook voor |download outlook voor |wysłane z |wysłano z |"
    "pobierz program outlook|pobierz aplikację outlook|skickat från |skickades från |hämta outlook för |"
    "skaffa outlook för |sendt fra |hent outlook til |få outlook til |last ned outlook for |lähetetty |"
    "hanki outlook|odesláno z |odesláno ze |získat outlook pro |získejte outlook pro |stáhněte si outlook|"
    "odoslané z |elküldve a|iphone-omról|trimis de pe |poslano s |poslano z |Στάλθηκε από |Εστάλη από |"
    "iphone'umdan|iphone’umdan|Отправлено с |Отправлено из |Отправлено от |отправлено с |отправлено из |"
    "Послано с |Надіслано з |Получить outlook для |Скачать outlook для |Изпратено от |发自我的|发自 "
    "我的|发送自|從我的|從 我的|"
    "传送自|傳送自|获取|取得 outlook|获取 outlook|下载 outlook|나의 |نُشر من|أُرسلت من |תקבל את outlook|נשלח מה|gửi từ |"
    "dikirim dari ");

constexpr PhraseTable disclaimer_beginnings(
    "this e-mail and any|this email and any|this e-mail (|this email (|this message and any|"
    "this e-mail is confidential|this email is confidential|this message is confidential|"
    "this message is intended only|this email is intended only|this e-mail is intended only|this email message|"
    "this e-mail message|this message contains confidential|this email contains confidential|"
    "this e-mail contains confidential|this communication is|this transmission|the information contained in this|"
    "the information in this e|the contents of this e|confidentiality notice|confidentiality note|confidential:|"
    "disclaimer|legal notice|privileged|if you are not the intended recipient|if you have received this|"
    "notice: this e|important notice:|please consider the environment|think before you print|"
    "diese e-mail enthält vertrauliche|diese e-mail kann vertrauliche|diese e-mail und|"
    "diese nachricht ist vertraulich|diese nachricht enthält|diese mail enthält|der inhalt dieser e-mail|"
    "die information in dieser e|vertraulichkeitshinweis|bitte denken sie an die umwelt|haftungsausschluss|"
    "ce message et |ce message (|ce message est confidentiel|ce courriel|ce mail|cet e-mail|"
    "avis de confidentialité|les informations contenues dans ce|pensez à l'environnement|"
    "pensez à l’environnement|este mensaje |este correo|aviso de confidencialidad|aviso legal|"
    "la información contenida en este|le informazioni contenute|questo messaggio |questa e-mail|questa email|"
    "avvertenza:|ai sensi del|avviso di riservatezza|esta mensagem |este e-mail|este email|"
    "aviso de confidencialidade|as informações contidas|dit bericht is |dit bericht en|dit bericht kan|"
    "deze e-mail |de informatie in dit|de informatie verzonden|ta wiadomość |niniejsza wiadomość|"
    "treść tej wiadomości|informacje zawarte w|klauzula poufności|detta meddelande |detta e-postmeddelande|"
    "det här meddelandet|informationen i detta|denne e-mail |denne meddelelse|denne mail |denne e-posten|"
    "tämä viesti |tämä sähköposti|tato zpráva |tento e-mail |obsah této zprávy|informace obsažené v|táto správa |"
    "Это сообщение |Данное сообщение |Настоящее сообщение |Это письмо |Данное письмо |Информация, содержащаяся в|"
    "Уведомление о "
    "конфиденциальности|このメールには|このメールは|本メールは|本メールに|本邮件|此邮件|本電子郵件|此郵件|이 메일은|본 "
    "메일은|bu e-posta|"
    "bu mesaj ");

// Languages in which the verb comes last.
constexpr auto device_endings =
    std::to_array<std::string_view>({"から送信", "から送信されました", "에서 보냄", "gesendet", "를 통해 보냄",
                                     "を入手", "iphone-omról küldve", "gönderildi"});

}  // namespace

HeaderLabel quoted_header_label(std::string_view label) {
    constexpr std::size_t longest = 40;
    if (label.size() > longest) return HeaderLabel::none;
    if (from_labels.equals(label)) return HeaderLabel::from;
    if (date_labels.equals(label)) return HeaderLabel::date;
    if (to_labels.equals(label)) return HeaderLabel::to;
    return subject_labels.equals(label) ? HeaderLabel::subject : HeaderLabel::none;
}

bool is_original_message_phrase(std::string_view text) {
    return original_message_phrases.begins(text);
}

bool has_wrote_verb(std::string_view text) {
    return wrote_verbs.is_in(text);
}

bool begins_like_attribution(std::string_view text) {
    return (!text.empty() && is_digit(text.front())) || attribution_beginnings.begins(text);
}

bool is_device_signature(std::string_view line) {
    // Longer lines, and lines that end like a sentence, were written by somebody: "Sent from my desk, it is quicker."
    constexpr std::size_t longest = 100;
    constexpr std::ptrdiff_t most_words = 12;
    auto const words = line.substr(0, line.find('<'));
    if (words.size() > longest || words.empty()) return false;
    auto const is_ending = [&](std::string_view ending) {
        return words.size() > ending.size() && words.ends_with(ending);
    };
    if (!device_beginnings.begins(words) && std::none_of(device_endings.begin(), device_endings.end(), is_ending))
        return false;
    if (words.find(", ") != std::string_view::npos || words.find("? ") != std::string_view::npos) return false;
    return std::count(words.begin(), words.end(), ' ') <= most_words && words.back() != '?' && words.back() != ':';
}

bool begins_like_disclaimer(std::string_view paragraph) {
    auto const first = paragraph.find_first_not_of("*_ \t[(");
    return first != std::string_view::npos && disclaimer_beginnings.begins(paragraph.substr(first));
}

}  // namespace postern
