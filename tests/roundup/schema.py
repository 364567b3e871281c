# The tracker that the tests install: Roundup's classic template with the fields that a province's hotline keeps.
# Roundup executes this file with `db`, `Class`, `String`, `Date`, `Link`, `Multilink`, … already defined.

status = Class(db, "status", name=String(), order=Number())
status.setkey("name")

query = Class(db, "query", klass=String(), name=String(), url=String(), private_for=Link("user"))

user = Class(db, "user",
             username=String(),
             password=Password(),
             address=String(),
             realname=String(),
             phone=String(),
             organisation=String(),
             alternate_addresses=String(),
             queries=Multilink("query"),
             roles=String(),
             timezone=String())
user.setkey("username")

# A message is a reply in the ticket's thread. `ext_id` is the bridge's reference of a reply that it wrote.
msg = FileClass(db, "msg",
                author=Link("user", do_journal="no"),
                recipients=Multilink("user", do_journal="no"),
                date=Date(),
                summary=String(),
                files=Multilink("file"),
                messageid=String(),
                inreplyto=String(),
                ext_id=String(),
                agency=String(),                      # code of the agency that answers
                public=Boolean())

file = FileClass(db, "file",
                 name=String(),
                 ext_id=String())

# IssueClass brings title, messages, files, nosy, superseder and the read-only creation, activity, creator, actor.
issue = IssueClass(db, "issue",
                   ext_id=String(indexme="no"),       # the other system's reference; the key, so a double is refused
                   messages=Multilink("msg", rev_multilink="issue"),  # so that a thread is read by one call
                   files=Multilink("file", rev_multilink="issue"),
                   body=String(),                     # what the person says
                   status=Link("status"),
                   assignedto=Link("user"),
                   kind=String(),                     # PAKN | THONGTIN | BUUCHINH | VBPL
                   channel=String(),                  # DT | SMS | EMAIL | ZALO | CHAT | WEB | APP | BUUDIEN | TRUCTIEP
                   level=String(),                    # THUONG | KHAN | PHUCTAP
                   field=String(),                    # the field (lĩnh vực): land, transport, …
                   sender_name=String(),
                   sender_phone=String(),
                   sender_email=String(),
                   sender_address=String(),
                   sender_kind=String(),              # NGUOIDAN | DOANHNGHIEP | TOCHUC
                   citizen_id=String(),
                   place_unit=String(),               # code of the commune, as text
                   place_date=Date(),                 # the day for which the code is meant
                   agency=String(),                   # code of the agency that handles the ticket
                   co_agencies=String(),              # codes, separated by commas
                   dossier=String(),
                   refusal=String(),                  # reason of a refusal
                   after_hours=Boolean(),             # recorded after hours, typed in later
                   received=Date(),
                   due=Date(),
                   answered=Date())
issue.setkey("ext_id")

# Operators and the bridge work with tickets through the web and REST; nobody anonymous sees a ticket.
for permission in "Web Access", "Rest Access":
    db.security.addPermissionToRole("User", permission)
for name in "issue", "file", "msg":
    for permission in "View", "Edit", "Create", "Retire":
        db.security.addPermissionToRole("User", permission, name)
db.security.addPermissionToRole("User", "View", "status")
seen = db.security.addPermission(name="View", klass="user", properties=("id", "username", "realname", "organisation"))
db.security.addPermissionToRole("User", seen)
db.security.addPermissionToRole("Anonymous", "Web Access")
