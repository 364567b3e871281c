"""A GeoReport v2 server, written from the specification alone (wiki.open311.org/GeoReport_v2, and the servicerequestupdates
extension of FixMyStreet's): JSON and XML, tokens that become ids later, refusals in the specification's own form.

    server.py PORT [--tokens]

With --tokens a POST answers a token; the request gets its id when somebody asks for it the third time, or lists requests.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

API_KEY = "khoa-thu"
SERVICES = {"transport": "Giao thông", "environment": "Môi trường", "other": "Việc khác"}
PAGE = 100

lock = Lock()
requests = []
updates = []
tokens = {}
clock = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=1)


def now():
    """Each moment once: what changed later says so."""
    global clock
    clock += timedelta(seconds=1)
    return clock.strftime("%Y-%m-%dT%H:%M:%SZ")


class Refused(Exception):
    def __init__(self, status, description):
        super().__init__(description)
        self.status, self.description = status, description


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(self.get)

    def do_POST(self):
        self.answer(self.post)

    def answer(self, act):
        url = urlsplit(self.path)
        path, _, self.format = url.path.strip("/").rpartition(".")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        with lock:
            try:
                status, (around, name, rows) = 200, act(path, query, {key: values[0] for key, values in form.items()})
            except Refused as why:
                status, around, name = why.status, "errors", "error"
                rows = [{"code": why.status, "description": why.description}]
        body = as_xml(around, name, rows) if self.format == "xml" else json.dumps(rows, ensure_ascii=False)
        body = body.encode()
        self.send_response(status)
        kind = "text/xml" if self.format == "xml" else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def get(self, path, query, _form):
        match path.split("/"):
            case ["services"]:
                rows = [{"service_code": code, "service_name": name, "metadata": False} for code, name in SERVICES.items()]
                return "services", "service", rows
            case ["requests"]:
                settle()
                rows = [row for row in requests if fits(row, query)]
                size, page = int(query.get("page_size", PAGE)), int(query.get("page", 1))
                return "service_requests", "request", rows[(page - 1) * size : page * size]
            case ["requests", known]:
                return "service_requests", "request", [find(known)]
            case ["tokens", token]:
                if token not in tokens:
                    raise Refused(404, "token not found")
                row = tokens[token]
                row["asked"] += 1
                return "service_requests", "request", [{"token": token} | ({"service_request_id": settled(row)} if row["asked"] > 2 else {})]
            case ["servicerequestupdates"]:
                wanted = query.get("service_request_id")
                rows = [row for row in updates if wanted in (None, row["service_request_id"])]
                return "service_request_updates", "request_update", rows
        raise Refused(404, "no such resource")

    def post(self, path, _query, form):
        if form.get("api_key") != API_KEY:
            raise Refused(403, "api_key was missing or is not valid")
        match path:
            case "requests":
                if form.get("service_code") not in SERVICES:
                    raise Refused(400, "service_code was not found")
                if not form.get("address_string") and not (form.get("lat") and form.get("long")):
                    raise Refused(400, "a location is required: lat and long, address_string or address_id")
                row = make(form)
                if "--tokens" in sys.argv:
                    token = f"t{len(tokens) + 1}"
                    tokens[token] = {"asked": 0, "row": row}
                    return "service_requests", "request", [{"token": token}]
                requests.append(row)
                return "service_requests", "request", [{"service_request_id": row["service_request_id"], "service_notice": None}]
            case "servicerequestupdates":
                row = find(form.get("service_request_id", ""))
                if not form.get("description"):
                    raise Refused(400, "description is required")
                at = now()
                row["updated_datetime"] = at
                if form.get("status"):
                    row["status"] = form["status"].lower()
                update = {
                    "update_id": str(len(updates) + 1),
                    "service_request_id": row["service_request_id"],
                    "status": row["status"],
                    "updated_datetime": at,
                    "description": form["description"],
                }
                updates.append(update)
                return "service_request_updates", "request_update", [{"update_id": update["update_id"]}]
        raise Refused(404, "no such resource")

    def log_message(self, *_):
        pass


def make(form):
    at = now()
    code = form["service_code"]
    return {
        "service_request_id": str(638000 + len(requests) + len(tokens)),
        "status": "open",
        "status_notes": None,
        "service_name": SERVICES[code],
        "service_code": code,
        "description": form.get("description"),
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": at,
        "updated_datetime": at,
        "expected_datetime": None,
        "address": form.get("address_string"),
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }


def settled(waiting):
    row = waiting["row"]
    if row not in requests:
        requests.append(row)
    return row["service_request_id"]


def settle():
    """A batch: whatever was accepted is a request from now on."""
    for waiting in tokens.values():
        settled(waiting)


def find(known):
    for row in requests:
        if row["service_request_id"] == known:
            return row
    raise Refused(404, "service_request_id was not found")


def fits(row, query):
    ids = query.get("service_request_id")
    return (
        (ids is None or row["service_request_id"] in ids.split(","))
        and query.get("status", row["status"]) == row["status"]
        and query.get("start_date", "") <= row["requested_datetime"]
        and row["requested_datetime"] <= query.get("end_date", "9")
    )


def as_xml(around, name, rows):
    def element(key, value):
        return f"<{key}/>" if value is None else f"<{key}>{escape(str(value))}</{key}>"

    inside = "".join(f"<{name}>{''.join(element(*member) for member in row.items())}</{name}>" for row in rows)
    return f'<?xml version="1.0" encoding="utf-8"?><{around}>{inside}</{around}>'


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
