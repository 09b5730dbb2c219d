-- A store of schema 2, of the mail of schema-1.sql, some of it packed; dumped by sqlite3. Read by
-- tests/store/sqlite_migrations.cpp. It never changes.
PRAGMA application_id = 1349743730;
PRAGMA user_version = 2;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE ledger (
    seq              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    received         INTEGER NOT NULL,          -- its first octet came
    committed        INTEGER NOT NULL,          -- the row got its present disposition
    source           TEXT NOT NULL,
    mailbox          TEXT NOT NULL,
    reverse_path     TEXT NOT NULL,
    client           TEXT NOT NULL,
    sender           TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    threads          INTEGER NOT NULL,          -- 1: mail that names message_id belongs to this one's ticket
    subject          TEXT NOT NULL,
    size             INTEGER NOT NULL,
    sha256           TEXT NOT NULL,
    disposition      TEXT NOT NULL,
    rule             TEXT NOT NULL,
    reason           TEXT NOT NULL,
    ticket           INTEGER REFERENCES ticket (id),
    story            TEXT NOT NULL,             -- JSON: [[rule, saw, result, config], …]
    receipt_why      TEXT NOT NULL,
    imap_folder      TEXT,
    imap_uid_validity INTEGER,
    imap_uid         INTEGER
) STRICT;
INSERT INTO ledger VALUES(1,'06h00xgnrm0m6tp1',1795304068549,1795304068551,'deliver','support@acme.example','ana@northwind.example','','ana@northwind.example','<1@northwind.example>',1,'The printer smokes, grüße',6747,'40cd6969325e30d75193b6a87270f220324125c4cbc60ef449a895f073156909','opened','new-ticket','belongs to no ticket: a new one',1,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","ana@northwind.example","From is one mailbox",""],["listed-contact","ana@northwind.example","contact of Northwind","contacts.toml:6"],["automatic-reply","kind of mail","no automatic reply",""],["ticket-tag","subject","no ticket number",""],["thread","In-Reply-To and References","name no mail of a ticket of the sender''s",""],["new-ticket","support@acme.example","belongs to no ticket: a new one","postern.toml:5"]]','',NULL,NULL,NULL);
INSERT INTO ledger VALUES(2,'06h00xgntrra577z',1795304068566,1795304068568,'deliver','support@acme.example','bo@northwind.example','','bo@northwind.example','<2@northwind.example>',1,'Re: [ACME-1000] The printer smokes',265,'b458bde4eea436ecdff9506d9284684eec3b42c3c471503bf394140c0bb3d5c7','appended','ticket-tag','a ticket of the sender''s organisation',1,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","bo@northwind.example","From is one mailbox",""],["listed-contact","bo@northwind.example","contact of Northwind","contacts.toml:6"],["automatic-reply","kind of mail","no automatic reply",""],["ticket-tag","ACME-1000","a ticket of the sender''s organisation",""]]','appended mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(3,'06h00xgphajvcrfc',1795304068746,1795304068746,'smtp','support@acme.example','eve@evil.example','127.0.0.1','eve@evil.example','<1@evil.example>',0,'[ACME-1000] Hello',167,'4bb77edc6eeeccd921d210ab4c39a2b4b8879bbb93f1ef38176b323c556f825b','refused','listed-contact','not a contact, nor of an organisation''s domain',NULL,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","eve@evil.example","From is one mailbox",""],["listed-contact","eve@evil.example","not a contact, nor of an organisation''s domain",""]]','refused mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(4,'06h00xgpmpx31tgs',1795304068773,1795304068775,'deliver','support@acme.example','eve@evil.example','','eve@evil.example','<1@evil.example>',0,'[ACME-1000] Hello',167,'4bb77edc6eeeccd921d210ab4c39a2b4b8879bbb93f1ef38176b323c556f825b','refused','listed-contact','not a contact, nor of an organisation''s domain',NULL,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","eve@evil.example","From is one mailbox",""],["listed-contact","eve@evil.example","not a contact, nor of an organisation''s domain",""]]','refused mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(5,'06h00xgpp6cq6mks',1795304068785,1795304068787,'deliver','support@acme.example','ana@northwind.example','','ana@northwind.example','<4@northwind.example>',0,'Whose is it, 4',194,'9f397da54fe97ee6ccb6d2c948ebfe33c2d4ccc65f5c9c8f97223e5d7caab43e','held','clear-sender','From names 2 mailboxes',NULL,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","ana@northwind.example may have sent it","From names 2 mailboxes",""]]','held mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(6,'06h00xgpqgta9dgx',1795304068796,1795304069995,'deliver','support@acme.example','ana@northwind.example','','ana@northwind.example','<5@northwind.example>',0,'Whose is it, 5',194,'17895ba29ea628df41a6e1d87efd2238d605637b1eb3a49fe5aa2f3bb5e34d8b','dropped','clear-sender','From names 2 mailboxes',NULL,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","ana@northwind.example may have sent it","From names 2 mailboxes",""]]','held mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(7,'06h00xgps6ah37kb',1795304068809,1795304068811,'deliver','support@acme.example','bo@northwind.example','','bo@northwind.example','<6@northwind.example>',1,'Automatic reply: [ACME-1000] The printer smokes',243,'78531bca1ce94b3662aa5e5017eb8e6628797f51ba0a3115741bccb2ed6e84d4','noted','automatic-reply','belongs to ACME-1000',1,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","bo@northwind.example","From is one mailbox",""],["listed-contact","bo@northwind.example","contact of Northwind","contacts.toml:6"],["automatic-reply","automatic reply","belongs to ACME-1000",""]]','noted mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(8,'06h00xgptmqdbtyj',1795304068821,1795304068823,'imap','support@acme.example','ana@northwind.example','','ana@northwind.example','<8@northwind.example>',0,'away',183,'a97cc8716c4d8693b247a5197f39cc248a549b4d2c11d87a0f2e7b9657b5237c','ignored','automatic-reply','belongs to no ticket',NULL,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","ana@northwind.example","From is one mailbox",""],["listed-contact","ana@northwind.example","contact of Northwind","contacts.toml:6"],["automatic-reply","automatic reply","belongs to no ticket",""]]','ignored mail gets none','support@imap.acme.example/INBOX',1795251600,4);
INSERT INTO ledger VALUES(9,'06h00xgpw4d8qp64',1795304068833,1795304068835,'deliver','support@acme.example','ana@northwind.example','','ana@northwind.example','<1@northwind.example>',0,'The printer smokes, grüße',6747,'40cd6969325e30d75193b6a87270f220324125c4cbc60ef449a895f073156909','duplicate','arrival-key','taken in before as 06h00xgnrm0m6tp1',1,'[["arrival-key","arrival key","taken in before as 06h00xgnrm0m6tp1",""]]','duplicate mail gets none',NULL,NULL,NULL);
INSERT INTO ledger VALUES(10,'06h00xgvehknngve',1795304070004,1795304070006,'deliver','support@acme.example','ana@northwind.example','','ana@northwind.example','',0,'Another matter, without a Message-ID',161,'16c82382ce36a4364877d81ee3c7eab0379cfa38dbdb9dd7e403835197096be3','opened','new-ticket','belongs to no ticket: a new one',2,'[["arrival-key","arrival key","not seen before",""],["own-mail","From","none of our mailboxes",""],["bounce","kind of mail","no bounce",""],["clear-sender","ana@northwind.example","From is one mailbox",""],["listed-contact","ana@northwind.example","contact of Northwind","contacts.toml:6"],["automatic-reply","kind of mail","no automatic reply",""],["ticket-tag","subject","no ticket number",""],["thread","In-Reply-To and References","name no mail of a ticket of the sender''s",""],["new-ticket","support@acme.example","belongs to no ticket: a new one","postern.toml:5"]]','',NULL,NULL,NULL);
CREATE TABLE raw (
    mail             INTEGER PRIMARY KEY REFERENCES ledger (seq),
    encoding         TEXT NOT NULL,             -- 'identity'
    expires          INTEGER,                   -- of refused mail; the ledger row stays
    octets           BLOB NOT NULL
) STRICT;
INSERT INTO raw VALUES(1,'zstd',NULL,X'3833313266373135373935613930643328b52ffd605b199d31002a40c40c352087a81b204202403600180038976565bef7ecf8a24bb05762627d4170af4536523323a2538757f0c4c4e7126dd1504008dd0ba401c100c000c0005abbdc67b0c7bcb1c5c2dfbf002b8090e0c5e88d874d044c1eb5ce6083f7d336b7e9e6237fe4b5d83a6fed49fc29c3990fed692198211653a5aa3fa5942ea6e37934a007f44cc7439f59e1d9e93c13c0be95f9c8fb4afe049c01f321518b9cdd30ccd51f92901704482210480201b309c90309b3c6ebc209306fad81df44ce5c0956428005c5de2440e663e3bc619b8abf87cd0796f8e70e5f850d7adfb709e7c3bbfc0964eeebee981918ad89990d7a5ae1ea3b6096dae6615e1dcd47e7810b01997fa3c2fe50692f8fff66711a95ea7f5912e54f255b96fe14e9bf4dfee3d51049d4010305c33150a8d0322001da07f30f192694f780b948c4458c6895d8a8d40dee301f034522ab1245424c301baec3624452454faac4a852495aa923d52c196db5e1c8e1c5e623d31ac6c37a5a809922d417bc32a7514c84ad7397c177efbbb5d0fb424d2ac83c8e01e60a0dc41440727735e3e37266e6f066ae807f3e9000410270321999d634e87533d4327b66acb570626678337353909d43f066f04408dbc59f56d2bf6e2455c98669ab545449ff68ab07fe631635fc452b55fef8aacf64f1bf3891f5bfac5552ff3a7a5275d54ca33185e870264a24b8fd5c2ac6ee9265134c2642c1fe99088572d4cd616c90f6e13aac8990951e18b864844289d15691d3563522891aa9cb619c2e8787922ae959758c2a997c8890202312077f0dc4733701134c8b482ea52224c48509cebcad6ea6cd019288b8e4c3842a230d730f1afb1828388ba4ea98aeeac8a49a4d5bddd355fdf765ab22b549c469f41f3555fe8b454366e97085f3506096e756380fd61ac6d0ba9bc11d2e76ded833d09eb62fd6b8efbb60d69a1a33e6719902899f2700a6000d3a8867550ea46958a8832feb0f599ccb5a1cebb2fe11b538f5b2a405f2772e7b192d4e74598b52c9362cea8ffd1f7f2ad9c8a296644b0ba292bdf85b34aa64ff49b29496d5bf1ed4adf28faa322ba1ea6fcb4be91f3dd596fe165aa1b29665ad6554c9fe54e93f565acba8f4176b45fa6bb60635fae308caecc5a12e4b5a01815da861bd46222229270505297441058410620cc58e0f12e07114c26114454310c3218c81501145666444a6669be65d6f70984386a08a7116d6b9e0a2d142b5a5d2b1ea577e00e765fd44f373667815c7c72f34fcd515094fbbc369e9ddc68b3a33cce08ce4ccceef5b5e7fc910b2c9286783ebdb3129ac3d9f8cea2a93a7e876e25a42fdd0edac5fde19bc194b73d84b3883f245f0de8e1bb5c373ba037439c9fa395e29ddb5da7010299a41bb81f7e6d72c497fb77b28b95916d2b7d422773b3bc7cc91acb07dd5dab9981e307a3b9ccbce62f05a7d3b021f9609e65758e5dc95da1961860f86d568b7ac6979e4e5e9e16f90bb426fa788ad2d545f1a0ee2769e1fcee5ad89c279ecae19a7531a9534268c2c79916d613b77b3bf5b5070e065433c20770802ddedd47d3848ee04c428163e72678307f699f976237676ee145bbcc0f712ac9d05c35b159ee670b3dff93a0a59651556887598cb99ff150ea9817d5336101681161c405ec20ec722ce525e30cc436539d21e66cfb0e0e3a145c2975fbf1b4e0cbe2e5e0d123e0be6ef46b7caf8ec996fd9f3c255c0aa8140964c6a49daebb3a480df4b0e577cb05918d784676e91ddb9592a82f5b564bd7fd8b8a89b5fd9023d0e2fdfa07e17c18e5e4bf4cbef6d8bb9bfb3f80b5f3895ac2ff5e3a0293883ce690fcfb23796d45e8c6e391e871f5a025f766fda62b488bb8593718b542c024e0b06225f8c879e5b0b7660bf64e1e1462d017c0976cb1693615b93d27922a5cf47b065dbb5bf25f32538cc625b146de1f3d245525b98dc72e86560cb8381af0fc6bf5ad8f2cb2d0fe8c38b57f560caf182b5e504a42fe63bb92d0fd8be486470426c9d2aba51e11b6a1853d0f3489f20568df334676aeb6077f1edb8695be2bff7b5c4005663f132cad4d758847dad5796ee798f6be9ffbc0e62cd4e530463bbb5743d31f82e969d76823ce64d09f6b402f69f077955a65718585e79bb9312a1a4df6827c8b31e6517d4b8a0cfd57f24bfe50ca4b6dce93c933433d934b6cf3ff6fc9492709ed57fafccd5b0ab3fe150c5b297d037871a');
INSERT INTO raw VALUES(2,'zstd',NULL,X'6364363166666330643734336266316128b52ffd600900fd0500a24c2a234089560743dab2371182b511093e6d620a8204e4d55d80dac87a6eb2669e31fcb49c03492911863c3b9e42a87e1f86f410faa0d7e60965d27cca33725e9ba492628cb1f54373018c63da0f8db52fb4c1977680fa1c775bdf6241ac0689dcc6e226a94443dc2d9ab59147e93292a2abd0917e6e6538e5177a1c8131b62c02c680c0c1dd36eeeab3094ee4d8f83c459d2d6544effa91d44a647c0cab40184ea03a9b15eddcc59e050106001533dc6806f0e8633bacb46cf090bdcd32');
INSERT INTO raw VALUES(4,'identity',1797896068775,X'46726f6d3a20457665203c657665406576696c2e6578616d706c653e0d0a546f3a20737570706f72744061636d652e6578616d706c650d0a5375626a6563743a205b41434d452d313030305d2048656c6c6f0d0a4d6573736167652d49443a203c31406576696c2e6578616d706c653e0d0a446174653a205361742c203231204e6f7620323032362032333a33343a3236202d303030300d0a0d0a4c6574206d6520696e2e0d0a');
INSERT INTO raw VALUES(5,'identity',NULL,X'46726f6d3a20616e61406e6f72746877696e642e6578616d706c652c20657665406576696c2e6578616d706c650d0a546f3a20737570706f72744061636d652e6578616d706c650d0a5375626a6563743a2057686f73652069732069742c20340d0a4d6573736167652d49443a203c34406e6f72746877696e642e6578616d706c653e0d0a446174653a205361742c203231204e6f7620323032362032333a33343a3236202d303030300d0a0d0a4f70656e20746869732c20706c656173652e0d0a');
INSERT INTO raw VALUES(6,'identity',NULL,X'46726f6d3a20616e61406e6f72746877696e642e6578616d706c652c20657665406576696c2e6578616d706c650d0a546f3a20737570706f72744061636d652e6578616d706c650d0a5375626a6563743a2057686f73652069732069742c20350d0a4d6573736167652d49443a203c35406e6f72746877696e642e6578616d706c653e0d0a446174653a205361742c203231204e6f7620323032362032333a33343a3236202d303030300d0a0d0a4f70656e20746869732c20706c656173652e0d0a');
INSERT INTO raw VALUES(7,'identity',NULL,X'46726f6d3a20626f406e6f72746877696e642e6578616d706c650d0a546f3a20737570706f72744061636d652e6578616d706c650d0a5375626a6563743a204175746f6d61746963207265706c793a205b41434d452d313030305d20546865207072696e74657220736d6f6b65730d0a4d6573736167652d49443a203c36406e6f72746877696e642e6578616d706c653e0d0a4175746f2d5375626d69747465643a206175746f2d7265706c6965640d0a446174653a205361742c203231204e6f7620323032362032333a33343a3236202d303030300d0a0d0a4920616d206177617920756e74696c204d6f6e6461792e0d0a');
INSERT INTO raw VALUES(8,'zstd',NULL,X'6533396635626539643065636437353628b52ffd20b78d040072c920205085ba010c9989808416f646415f4beec56014a046f435253c3acd98550c4c0dca90ab2d4699b2d65a3b56714c483871abb8e656002e76e056f0ed2cfb77a32c72698a2e7b39f27fe93dd339e04f46d9a160586e128737baaa5ca1ec6aab971ff280673afea05e5ec21867b50c19ca7c8aaf071c8928c9027809a9a5a95e7e502202030066029683bd6b6fb30c');
INSERT INTO raw VALUES(10,'identity',NULL,X'46726f6d3a20616e61406e6f72746877696e642e6578616d706c650d0a546f3a20737570706f72744061636d652e6578616d706c650d0a5375626a6563743a20416e6f74686572206d61747465722c20776974686f75742061204d6573736167652d49440d0a446174653a205361742c203231204e6f7620323032362032333a33343a3236202d303030300d0a0d0a546865207363616e6e657220746f6f2e0d0a');
CREATE TABLE arrival_key (
    key              TEXT NOT NULL PRIMARY KEY,
    mail             INTEGER NOT NULL REFERENCES ledger (seq),
    expires          INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO arrival_key VALUES('message:29624eb72ad7d2f94b0018496853ffd6879b4ef58bb92812557d153ff699d972',7,NULL);
INSERT INTO arrival_key VALUES('message:45d02472e6d258a9f444a1ec6fea015315299a889ce19b0313c25fa4e1a6c246',2,NULL);
INSERT INTO arrival_key VALUES('message:51bdf9a8f728da309476af6f7fd94e1ff42c909b685d6bd703d97662aabb7c54',1,NULL);
INSERT INTO arrival_key VALUES('message:5dd1944fb70bbebd12fe038804669eac1cdcb6941b250f3e18ceab56338c6663',8,NULL);
INSERT INTO arrival_key VALUES('message:fa440bd57d37db356b4b7692aeb7cc61b60bceef50e6e8953936ae3ed1be7885',5,NULL);
INSERT INTO arrival_key VALUES('octets:3fca3583edb1ec589b7b47cfb241570ee77a44c7c0700a654c5bd69f3ba53343',10,1795390470006);
CREATE TABLE ticket_sequence (
    tag              TEXT NOT NULL PRIMARY KEY,
    last             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO ticket_sequence VALUES('ACME',1001);
CREATE TABLE ticket (
    id               INTEGER PRIMARY KEY,
    tag              TEXT NOT NULL,
    number           INTEGER NOT NULL,
    mailbox          TEXT NOT NULL,
    subject          TEXT NOT NULL,
    status           TEXT NOT NULL,
    severity         TEXT NOT NULL,
    organization_id  TEXT NOT NULL,
    organization     TEXT NOT NULL,
    contact          TEXT NOT NULL,
    assignee         TEXT,
    created          INTEGER NOT NULL,
    updated          INTEGER NOT NULL,
    articles         INTEGER NOT NULL,          -- how many; also the last one's number
    attachments      INTEGER NOT NULL,          -- the last one's number
    UNIQUE (tag, number)
) STRICT;
INSERT INTO ticket VALUES(1,'ACME',1000,'support@acme.example','The printer smokes, grüße','resolved','Low','northwind','Northwind','ana@northwind.example',NULL,1795304068551,1795304069848,4,2);
INSERT INTO ticket VALUES(2,'ACME',1001,'support@acme.example','Another matter, without a Message-ID','open','Low','northwind','Northwind','ana@northwind.example',NULL,1795304070006,1795304070006,2,0);
CREATE TABLE article (
    id               INTEGER PRIMARY KEY,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    number           INTEGER NOT NULL,
    mail             INTEGER REFERENCES ledger (seq),  -- the mail taken in that it shows
    kind             TEXT NOT NULL,
    direction        TEXT NOT NULL,
    sender           TEXT NOT NULL,
    recipients       TEXT NOT NULL,             -- JSON: [[to, …], [cc, …]]
    subject          TEXT NOT NULL,
    date             INTEGER NOT NULL,
    message_id       TEXT NOT NULL,
    text             TEXT NOT NULL,
    full_text        TEXT,                      -- NULL: the same as text
    authentication   TEXT NOT NULL,
    UNIQUE (ticket, number)
) STRICT;
INSERT INTO article VALUES(1,1,1,1,'customer','in','ana@northwind.example','[["support@acme.example"],["bo@northwind.example"]]','The printer smokes, grüße',1795304066000,'<1@northwind.example>',replace('It has smoked since this morning. Grüße\nPlease help.','\n',char(10)),NULL,'none');
INSERT INTO article VALUES(2,1,2,NULL,'receipt','out','support@acme.example','[["ana@northwind.example"],[]]','[ACME-1000] Re: The printer smokes, grüße',1795304068551,'<06h00xgnrm0m6tp1.receipt@support.acme.example>',replace('----- [ACME-1000] -----\n\nHello Ana Ruiz,\n\nThank you for writing to Acme Support. Your mail has arrived, and we have opened a ticket for it:\n\nTicket: ACME-1000\nSubject: The printer smokes, grüße\nSeverity: Low\n\nIt will be addressed shortly. For the moment there is nothing else you need to do.\n\nThese 2 attachments came with your mail:\n- driver.log (4 KB)\n- Inner.eml (179 bytes)\n\nA few more details would help us to find the cause sooner. Whatever you have at hand is welcome:\n- a link to the page where it happens\n- the steps that lead to it, so that we can see it for ourselves\n- the system and browser you use, such as Windows 11 and Firefox\n- how many users are affected: only you, a few, or everybody\n- where it happens: in the office, at home, or in both places\n\nTo add anything, simply reply to this mail. As long as [ACME-1000] stays in the subject, your reply reaches this ticket.\n\nKind regards\nAcme Support\n','\n',char(10)),NULL,'none');
INSERT INTO article VALUES(3,1,3,2,'customer','in','bo@northwind.example','[["support@acme.example"],[]]','Re: [ACME-1000] The printer smokes',1795304066000,'<2@northwind.example>','It burns now.',replace('It burns now.\n\n> It has smoked since this morning.','\n',char(10)),'none');
INSERT INTO article VALUES(4,1,4,7,'automatic','in','bo@northwind.example','[["support@acme.example"],[]]','Automatic reply: [ACME-1000] The printer smokes',1795304066000,'<6@northwind.example>','I am away until Monday.',NULL,'none');
INSERT INTO article VALUES(5,2,1,10,'customer','in','ana@northwind.example','[["support@acme.example"],[]]','Another matter, without a Message-ID',1795304066000,'','The scanner too.',NULL,'none');
INSERT INTO article VALUES(6,2,2,NULL,'receipt','out','support@acme.example','[["ana@northwind.example"],[]]','[ACME-1001] Re: Another matter, without a Message-ID',1795304070006,'<06h00xgvehknngve.receipt@support.acme.example>',replace('----- [ACME-1001] -----\n\nHello,\n\nThank you for writing to Acme Support. Your mail has arrived, and we have opened a ticket for it:\n\nTicket: ACME-1001\nSubject: Another matter, without a Message-ID\nSeverity: Low\n\nIt will be addressed shortly. For the moment there is nothing else you need to do.\n\nA few more details would help us to find the cause sooner. Whatever you have at hand is welcome:\n- a link to the page where it happens\n- the steps that lead to it, so that we can see it for ourselves\n- the system and browser you use, such as Windows 11 and Firefox\n- how many users are affected: only you, a few, or everybody\n- where it happens: in the office, at home, or in both places\n\nTo add anything, simply reply to this mail. As long as [ACME-1001] stays in the subject, your reply reaches this ticket.\n\nKind regards\nAcme Support\n','\n',char(10)),NULL,'none');
CREATE TABLE attachment (
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    number           INTEGER NOT NULL,
    article          INTEGER NOT NULL,          -- its number
    mail             INTEGER NOT NULL REFERENCES ledger (seq),
    name             TEXT NOT NULL,
    media_type       TEXT NOT NULL,
    size             INTEGER NOT NULL,
    sha256           TEXT NOT NULL,
    inline           INTEGER NOT NULL,
    content_id       TEXT,
    locator          TEXT NOT NULL,
    PRIMARY KEY (ticket, number)
) STRICT, WITHOUT ROWID;
INSERT INTO attachment VALUES(1,1,1,1,'driver.log','text/plain',4370,'0a4aa3873237e171aa5fd49015223e05319637c181327ae1b66147d1f40560d3',0,NULL,'540-6520:b');
INSERT INTO attachment VALUES(1,2,1,1,'Inner.eml','message/rfc822',179,'bf74fac7878dc93c60a0d14f39067354695ceda48ec469d73d3480ae265f57b7',0,NULL,'6559-6738:i');
CREATE TABLE event (
    id               INTEGER PRIMARY KEY,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    at               INTEGER NOT NULL,
    what             TEXT NOT NULL,
    by               TEXT NOT NULL,
    detail           TEXT NOT NULL
) STRICT;
INSERT INTO event VALUES(1,1,1795304068551,'opened','ana@northwind.example','06h00xgnrm0m6tp1');
INSERT INTO event VALUES(2,1,1795304068568,'appended','bo@northwind.example','06h00xgntrra577z');
INSERT INTO event VALUES(3,1,1795304068569,'receipt-sent','postern','ana@northwind.example: put into /var/spool/sent/new');
INSERT INTO event VALUES(4,1,1795304068811,'noted','bo@northwind.example','06h00xgps6ah37kb');
INSERT INTO event VALUES(5,1,1795304069848,'status','operator','open -> resolved');
INSERT INTO event VALUES(6,2,1795304070006,'opened','ana@northwind.example','06h00xgvehknngve');
CREATE TABLE thread_key (
    message_id       TEXT NOT NULL,
    ticket           INTEGER NOT NULL REFERENCES ticket (id),
    PRIMARY KEY (message_id, ticket)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id               INTEGER PRIMARY KEY,
    kind             TEXT NOT NULL,
    state            TEXT NOT NULL,
    ticket           INTEGER REFERENCES ticket (id),
    article          INTEGER,                   -- number of the ticket's article that shows it, and has its text
    caused_by        INTEGER REFERENCES ledger (seq),
    reverse_path     TEXT NOT NULL,
    recipient        TEXT NOT NULL,
    subject          TEXT NOT NULL,
    message_id       TEXT NOT NULL,
    text             TEXT,                      -- NULL: the article's
    attempts         INTEGER NOT NULL,
    created          INTEGER NOT NULL,
    next_attempt     INTEGER NOT NULL,
    due              INTEGER NOT NULL,          -- next_attempt; while it is claimed the end of the claim
    last_error       TEXT NOT NULL
) STRICT;
INSERT INTO outbox VALUES(1,'receipt','sent',1,2,1,'','ana@northwind.example','[ACME-1000] Re: The printer smokes, grüße','<06h00xgnrm0m6tp1.receipt@support.acme.example>',NULL,1,1795304068551,1795304068551,1795307668560,'');
INSERT INTO outbox VALUES(2,'receipt','queued',2,2,10,'','ana@northwind.example','[ACME-1001] Re: Another matter, without a Message-ID','<06h00xgvehknngve.receipt@support.acme.example>',NULL,0,1795304070006,1795304070006,1795304070006,'');
CREATE TABLE outbox_octets (
    outbox           INTEGER PRIMARY KEY REFERENCES outbox (id),
    octets           BLOB NOT NULL
) STRICT;
INSERT INTO outbox_octets VALUES(2,X'446174653a205361742c203231204e6f7620323032362032333a33343a3330202b303030300d0a46726f6d3a2041636d6520537570706f7274203c737570706f72744061636d652e6578616d706c653e0d0a546f3a20616e61406e6f72746877696e642e6578616d706c650d0a5375626a6563743a205b41434d452d313030315d2052653a20416e6f74686572206d61747465722c20776974686f75742061204d6573736167652d49440d0a4d6573736167652d49443a203c303668303078677665686b6e6e6776652e7265636569707440737570706f72742e61636d652e6578616d706c653e0d0a4175746f2d5375626d69747465643a206175746f2d7265706c6965640d0a582d4175746f2d526573706f6e73652d53757070726573733a20416c6c0d0a436f6e74656e742d4c616e67756167653a20656e0d0a4d494d452d56657273696f6e3a20312e300d0a436f6e74656e742d547970653a206d756c7469706172742f616c7465726e61746976653b0d0a20626f756e646172793d223d5f706f737465726e5f66313538383638613831326533386539220d0a0d0a2d2d3d5f706f737465726e5f663135383836386138313265333865390d0a436f6e74656e742d547970653a20746578742f706c61696e3b20636861727365743d7574662d383b20666f726d61743d666c6f7765640d0a436f6e74656e742d5472616e736665722d456e636f64696e673a2071756f7465642d7072696e7461626c650d0a0d0a2d2d2d2d2d205b41434d452d313030315d202d2d2d2d2d0d0a0d0a48656c6c6f2c0d0a0d0a5468616e6b20796f7520666f722077726974696e6720746f2041636d6520537570706f72742e20596f7572206d61696c2068617320617272697665642c20616e642077653d32300d0a68617665206f70656e65642061207469636b657420666f722069743a0d0a0d0a5469636b65743a2041434d452d313030310d0a5375626a6563743a20416e6f74686572206d61747465722c20776974686f75742061204d6573736167652d49440d0a53657665726974793a204c6f770d0a0d0a49742077696c6c206265206164647265737365642073686f72746c792e20466f7220746865206d6f6d656e74207468657265206973206e6f7468696e6720656c736520796f753d32300d0a6e65656420746f20646f2e0d0a0d0a4120666577206d6f72652064657461696c7320776f756c642068656c7020757320746f2066696e642074686520636175736520736f6f6e65722e20576861746576657220796f753d32300d0a686176652061742068616e642069732077656c636f6d653a0d0a2d2061206c696e6b20746f2074686520706167652077686572652069742068617070656e730d0a2d207468652073746570732074686174206c65616420746f2069742c20736f20746861742077652063616e2073656520697420666f72206f757273656c7665730d0a2d207468652073797374656d20616e642062726f7773657220796f75207573652c20737563682061732057696e646f777320313120616e642046697265666f780d0a2d20686f77206d616e79207573657273206172652061666665637465643a206f6e6c7920796f752c2061206665772c206f72206576657279626f64790d0a2d2077686572652069742068617070656e733a20696e20746865206f66666963652c20617420686f6d652c206f7220696e20626f746820706c616365730d0a0d0a546f2061646420616e797468696e672c2073696d706c79207265706c7920746f2074686973206d61696c2e204173206c6f6e67206173205b41434d452d313030315d3d32300d0a737461797320696e20746865207375626a6563742c20796f7572207265706c7920726561636865732074686973207469636b65742e0d0a0d0a4b696e6420726567617264730d0a41636d6520537570706f72740d0a0d0a2d2d3d5f706f737465726e5f663135383836386138313265333865390d0a436f6e74656e742d547970653a20746578742f68746d6c3b20636861727365743d7574662d380d0a436f6e74656e742d5472616e736665722d456e636f64696e673a2071756f7465642d7072696e7461626c650d0a0d0a3c21444f43545950452068746d6c3e0d0a3c68746d6c206c616e673d334422656e223e0d0a3c686561643e0d0a3c6d65746120636861727365743d3344227574662d38223e0d0a3c6d657461206e616d653d33442276696577706f72742220636f6e74656e743d33442277696474683d33446465766963652d77696474682c20696e697469616c2d7363616c653d334431223e0d0a3c6d657461206e616d653d334422636f6c6f722d736368656d652220636f6e74656e743d3344226c69676874206461726b223e0d0a3c6d657461206e616d653d334422737570706f727465642d636f6c6f722d736368656d65732220636f6e74656e743d3344226c69676874206461726b223e0d0a3c7469746c653e41636d6520537570706f72743c2f7469746c653e0d0a3c7374796c653e3a726f6f74207b20636f6c6f722d736368656d653a206c69676874206461726b3b207d3c2f7374796c653e0d0a3c2f686561643e0d0a3c626f6479207374796c653d3344226d617267696e3a20303b2070616464696e673a20303b223e0d0a3c64697620636c6173733d334422706f737465726e2d6d61696c22207374796c653d3344226d61782d77696474683a2036303070783b2070616464696e673a203234707820323070783b203d0d0a666f6e742d66616d696c793a202d6170706c652d73797374656d2c20275365676f65205549272c20526f626f746f2c202748656c766574696361204e657565272c20417269616c2c2073613d0d0a6e732d73657269663b20666f6e742d73697a653a20313670783b206c696e652d6865696768743a20312e353b206f766572666c6f772d777261703a20616e7977686572653b223e0d0a3c70207374796c653d3344226d617267696e3a20302030203136707820303b223e48656c6c6f2c3c2f703e0d0a3c70207374796c653d3344226d617267696e3a20302030203136707820303b223e5468616e6b20796f7520666f722077726974696e6720746f2041636d6520537570706f72742e20596f753d0d0a72206d61696c2068617320617272697665642c20616e642077652068617665206f70656e65642061207469636b657420666f722069743a3c2f703e0d0a3c646976207374796c653d3344226d617267696e3a20302030203136707820303b2070616464696e673a2034707820302034707820313670783b20626f726465722d6c6566743a203470783d0d0a20736f6c696420233364383561383b223e0d0a3c70207374796c653d3344226d617267696e3a20303b20666f6e742d73697a653a20323270783b20666f6e742d7765696768743a20626f6c643b223e41434d452d313030313c2f703e0d0a3c70207374796c653d3344226d617267696e3a203470782030203020303b223e5375626a6563743a203c7374726f6e67206469723d3344226175746f223e416e6f74686572206d617474653d0d0a722c20776974686f75742061204d6573736167652d49443c2f7374726f6e673e3c2f703e0d0a3c70207374796c653d3344226d617267696e3a203470782030203020303b223e53657665726974793a203c7374726f6e673e4c6f773c2f7374726f6e673e3c2f703e0d0a3c2f6469763e0d0a3c70207374796c653d3344226d617267696e3a20302030203136707820303b223e49742077696c6c206265206164647265737365642073686f72746c792e20466f7220746865206d6f6d653d0d0a6e74207468657265206973206e6f7468696e6720656c736520796f75206e65656420746f20646f2e3c2f703e0d0a3c70207374796c653d3344226d617267696e3a203020302034707820303b223e4120666577206d6f72652064657461696c7320776f756c642068656c7020757320746f2066696e642074683d0d0a6520636175736520736f6f6e65722e20576861746576657220796f7520686176652061742068616e642069732077656c636f6d653a3c2f703e0d0a3c756c207374796c653d3344226d617267696e3a20302030203136707820303b2070616464696e673a20302030203020323470783b223e0d0a3c6c693e61206c696e6b20746f2074686520706167652077686572652069742068617070656e733c2f6c693e0d0a3c6c693e7468652073746570732074686174206c65616420746f2069742c20736f20746861742077652063616e2073656520697420666f72206f757273656c7665733c2f6c693e0d0a3c6c693e7468652073797374656d20616e642062726f7773657220796f75207573652c20737563682061732057696e646f777320313120616e642046697265666f783c2f6c693e0d0a3c6c693e686f77206d616e79207573657273206172652061666665637465643a206f6e6c7920796f752c2061206665772c206f72206576657279626f64793c2f6c693e0d0a3c6c693e77686572652069742068617070656e733a20696e20746865206f66666963652c20617420686f6d652c206f7220696e20626f746820706c616365733c2f6c693e0d0a3c2f756c3e0d0a3c70207374796c653d3344226d617267696e3a20303b223e546f2061646420616e797468696e672c2073696d706c79207265706c7920746f2074686973206d61696c2e204173206c6f6e673d0d0a206173205b41434d452d313030315d20737461797320696e20746865207375626a6563742c20796f7572207265706c7920726561636865732074686973207469636b65742e3c2f703e0d0a3c70207374796c653d3344226d617267696e3a20323470782030203020303b223e4b696e6420726567617264733c62723e41636d6520537570706f72743c2f703e0d0a3c2f6469763e0d0a3c2f626f64793e0d0a3c2f68746d6c3e0d0a0d0a2d2d3d5f706f737465726e5f663135383836386138313265333865392d2d0d0a');
CREATE TABLE imap_folder (
    folder           TEXT NOT NULL PRIMARY KEY,
    mailbox          TEXT NOT NULL,
    name             TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    last_uid         INTEGER NOT NULL,
    last_success     INTEGER,
    error            TEXT,
    backlog          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO imap_folder VALUES('support@imap.acme.example/INBOX','support@acme.example','INBOX',1795251600,4,1795305270000,NULL,1);
CREATE TABLE imap_attempt (
    folder           TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    PRIMARY KEY (folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
INSERT INTO imap_attempt VALUES('support@imap.acme.example/INBOX',1795251600,5,1);
CREATE TABLE imap_mark (
    folder           TEXT NOT NULL,
    uid_validity     INTEGER NOT NULL,
    uid              INTEGER NOT NULL,
    action           TEXT NOT NULL,
    move_to          TEXT NOT NULL,
    PRIMARY KEY (folder, uid_validity, uid)
) STRICT, WITHOUT ROWID;
INSERT INTO imap_mark VALUES('support@imap.acme.example/INBOX',1795251600,4,'seen','');
CREATE INDEX ledger_received ON ledger (received);
CREATE INDEX ledger_message_id ON ledger (message_id) WHERE message_id <> '';
CREATE INDEX ledger_held ON ledger (received) WHERE disposition = 'held';
CREATE INDEX ledger_imap ON ledger (imap_folder, imap_uid_validity, imap_uid) WHERE imap_folder IS NOT NULL;
CREATE INDEX raw_expires ON raw (expires) WHERE expires IS NOT NULL;
CREATE INDEX arrival_key_mail ON arrival_key (mail);
CREATE INDEX arrival_key_expires ON arrival_key (expires) WHERE expires IS NOT NULL;
CREATE INDEX ticket_status ON ticket (status);
CREATE INDEX event_ticket ON event (ticket);
CREATE INDEX outbox_due ON outbox (due) WHERE state = 'queued';
CREATE INDEX outbox_failed ON outbox (state) WHERE state = 'failed';
CREATE INDEX outbox_order ON outbox (ticket, recipient) WHERE state = 'queued';
CREATE INDEX outbox_caused_by ON outbox (caused_by);
CREATE INDEX outbox_message_id ON outbox (message_id);
COMMIT;
