"""cloud-volume's file server; run by its own Python: ``cloudvolume_app.py FOLDER PORT``."""

import sys

import cloudvolume.server

path, port = sys.argv[1:]
cloudvolume.server.ViewerServerHandler.log_message = lambda *args: None
cloudvolume.server.view(f"file://{path}", port=int(port))
