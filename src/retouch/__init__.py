"""Retouch: any client in front, any editing model behind, and exactly the edit that was asked for.

The path of an edit, each stage a folder, told in `editing/story.py`:

    wire -> EditRequest -> admission -> routing -> engine -> finishing -> store -> wire

An arrow may import anything to its right; names joined by commas never import each other; only `app/engines.py` names
an engine (`tests/test_layers.py` reads the imports and fails on a broken arrow):

    cli -> server -> app -> wire, worker -> projects -> editing -> admission, routing, finishing, engines, stores, fetch
        -> pixels -> domain

    cli/         what an operator types            settings.py  file and environment into one frozen object
    server.py    processes, database, first key    app/         builds, opens and closes parts
    worker.py    what runs beside requests         projects/    edits that are made later, and uploads
    editing/     the story of one edit             wire/        HTTP in and out
    admission/   who may, and how much at once     routing/     which model, which engine, and the plan
    engines/     one file or folder per engine     finishing/   mask, size, format: the promises
    stores/      all SQL and all object keys       fetch/       pictures from a caller's addresses
    studio/      the web pages, on the public API  (HTML, CSS and ES modules, served by wire/studio.py)
    pixels/      pure image functions              domain/      nouns, rules, errors, the engine protocol
"""

__version__ = "0.1.0"
