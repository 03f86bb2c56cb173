"""A Lambda Runtime API that delivers one event."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Runtime:
    """One invocation: `address` for AWS_LAMBDA_RUNTIME_API, `done` is set by the response, whose
    path and
    body are `answer`."""

    def __init__(self, event, function_arn, seconds=900):
        self.done, self.answer, self.delivered = threading.Event(), None, threading.Event()
        body = json.dumps(event).encode()
        runtime = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if runtime.delivered.is_set():
                    time.sleep(seconds)
                runtime.delivered.set()
                self.send_response(200)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": "request-1",
                    "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": function_arn,
                    "Lambda-Runtime-Trace-Id": "Root=1-0-0",
                    "Content-Length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                runtime.answer = (self.path, body)
                runtime.done.set()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
