"""Prints as JSON what a client that knows nothing of us (PyPI's georeport) sees at an endpoint: client.py URL"""

import json
import sys

from georeport import GeoReport

city = GeoReport(sys.argv[1])
print(json.dumps({"services": city.get_service_list(), "requests": city.get_service_requests()}))
