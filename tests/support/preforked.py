"""The four commands, started without importing torch each time: `python preforked.py FOLDER`.

Puts small scripts named vtbr-data, vtbr-models, vtbr-train and vtbr-eval into FOLDER. Each hands its words,
environment, working directory and open files to this process, which forks; the fork runs the real command.
Ends when its standard input does.
"""

import array
import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

CLIENT = """#!{python} -IS
import array, json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({socket!r})
order = json.dumps([{package!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
files = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
server.sendmsg([len(order).to_bytes(4, "big")], files)
server.sendall(order)
code = server.recv(1)
sys.exit(code[0] if code else 1)
"""
NEEDED = (
    "vtbr_train.pretraining.pretraining",
    "vtbr_train.finetuning.finetuning",
    "vtbr_models.applications.extraction",
    "vtbr_models.conversion.convert",
    "vtbr_eval.evaluation",
    "vtbr_data.training",
)


def main() -> None:
    """Serve until standard input ends."""
    folder = Path(sys.argv[1])
    for module in NEEDED:
        import_module(module)
    signal.signal(signal.SIGCHLD, reap)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socket"))
    listener.listen(64)
    for package in ("data", "models", "train", "eval"):
        script = folder / f"vtbr-{package}"
        names = {"python": sys.executable, "socket": str(folder / "socket"), "package": f"vtbr_{package}"}
        script.write_text(CLIENT.format(**names))
        script.chmod(0o755)
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        client, _ = listener.accept()
        if os.fork() == 0:
            serve(client)
        client.close()


def reap(*_: object) -> None:
    """Wait for the forks that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def serve(client: socket.socket) -> None:
    """Run one command in this fork, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, _, _ = client.recvmsg(4, socket.CMSG_SPACE(3 * 4))
    received = array.array("i")
    received.frombytes(files[0][2][: 3 * received.itemsize])
    length, order = int.from_bytes(size, "big"), b""
    while len(order) < length:
        order += client.recv(length - len(order))
    package, words, folder, environment = json.loads(order)
    for place, file in enumerate(received):
        os.dup2(file, place)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [package.replace("_", "-"), *words]
    code = 1
    try:
        import_module(f"{package}.cli").main(words)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        client.sendall(bytes([code]))
        os._exit(code)


if __name__ == "__main__":
    main()
