"""Which patterns of EventBridge match which events, by moto's implementation of the pattern language.

Reads {"patterns": [...], "events": [...]} and writes, for each event, whether each pattern matches it.
"""

import json
import sys

from moto.events.models import EventPattern

asked = json.load(sys.stdin)
patterns = [EventPattern.load(json.dumps(pattern)) for pattern in asked["patterns"]]
json.dump([[pattern.matches_event(event) for pattern in patterns] for event in asked["events"]], sys.stdout)
