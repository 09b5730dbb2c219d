// Mails that the tests of the operator's verbs take in.
#pragma once

#include <string_view>

namespace postern::testing {

inline constexpr std::string_view printer_mail = R"(
From: Ana Ruiz <ana@northwind.example>
To: support@acme.example
Cc: bo@northwind.example
Subject: The printer smokes
Message-ID: <1@northwind.example>
Date: Sat, 21 Nov 2026 08:59:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

It has smoked since this morning.
Please help.
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="../../etc/smoke.log"
Content-Transfer-Encoding: base64

c21va2Ubf21vcmUgc21va2UK
--b--
)";

inline constexpr std::string_view reply_mail = R"(
From: bo@northwind.example
To: support@acme.example
Subject: Re: [ACME-1000] The printer smokes
Message-ID: <2@northwind.example>
Date: Sat, 21 Nov 2026 09:04:00 +0000

It burns now.
)";

inline constexpr std::string_view strangers_mail = R"(
From: Eve <eve@evil.example>
To: support@acme.example
Subject: Hello
Message-ID: <1@evil.example>

Let me in.
)";

// Two mailboxes in From: it can't be judged.
inline constexpr std::string_view ambiguous_mail = R"(
From: ana@northwind.example, eve@evil.example
To: support@acme.example
Subject: Whose is it
Message-ID: <3@northwind.example>
Date: Sat, 21 Nov 2026 08:59:00 +0000

Open this, please.
)";

// What a sender would write to an operator's terminal.
inline constexpr std::string_view hostile_mail =
    "\nFrom: ana@northwind.example\nTo: support@acme.example\n"
    "Subject: =?utf-8?Q?=1B]0;owned=07_=E2=80=AEgpj.exe?=\nMessage-ID: <4@northwind.example>\n"
    "Date: Sat, 21 Nov 2026 08:59:00 +0000\n\nEvents\n2026-11-21 09:00:00Z  resolved  operator\n\x1b[2Jgone\n";

}  // namespace postern::testing
