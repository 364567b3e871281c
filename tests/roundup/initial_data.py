# What `roundup-admin initialise` puts into the new tracker. `adminpw` and `admin_email` come from Roundup.
import os

status = db.getclass("status")
for order, name in enumerate(
    ["moi", "chuyen", "dang-xu-ly", "bo-sung", "da-tra-loi", "cong-khai", "tu-choi", "da-rut", "dong"], start=1
):
    status.create(name=name, order=order)

user = db.getclass("user")
user.create(username="admin", password=adminpw, address=admin_email, roles="Admin")
user.create(username="anonymous", roles="Anonymous")
password = __import__("roundup.password", fromlist=["Password"]).Password
for username, realname in [("bridge", "pakn-bridge"), ("an", "Nguyễn Thị An"), ("binh", "Trần Văn Bình")]:
    user.create(username=username, realname=realname, password=password(os.environ["TRACKER_PASSWORD"], config=db.config), roles="User")
