"""Become another program that cannot outlive its parent.

Run as a script (``python -I -S guard.py --parent PID [options] -- program args…``), never imported:
it changes what this process may do and then replaces it. On Linux the kernel sends the death signal
(prctl(2), PR_SET_PDEATHSIG); elsewhere a pipe on standard input is watched and the program runs as a child,
its process id told on standard output.

``--map ID`` enters a user namespace in which the present user has the id ID (user_namespaces(7)); files stay
the present user's. ``--user ID`` gives up root for that user and group.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main() -> None:
    options = parse()
    if options.map is not None:
        enter_namespace(options.map)
    if options.user is not None:
        give_up_root(options.user)
    if options.watch:
        sys.exit(run_watched(options.program, options.signal))
    die_with_parent(options.parent, options.signal)
    os.execvp(options.program[0], options.program)  # noqa: S606 # what this file is for


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run a program that cannot outlive its parent.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--map", type=int)
    parser.add_argument("--user", type=int)
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def enter_namespace(inner: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    check(ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER), "unshare")
    for name, text in (
        ("uid_map", f"{inner} {uid} 1"),
        ("setgroups", "deny"),
        ("gid_map", f"{inner} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def give_up_root(user: int) -> None:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def die_with_parent(parent: int, number: int) -> None:
    """Changing ids clears the death signal, so this comes last; the parent may be gone already."""
    check(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        sys.exit("The parent has gone.")


def run_watched(program: list[str], number: int) -> int:
    """Nothing is ever written to standard input: reading from it ends when the parent does."""
    child = subprocess.Popen(program, stdin=subprocess.DEVNULL, start_new_session=True)
    for forwarded in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        signal.signal(forwarded, lambda caught, _frame: child.send_signal(caught))
    print(child.pid, flush=True)
    reader = os.fork()
    if reader == 0:
        os.read(0, 1)
        os.kill(child.pid, number)
        os._exit(0)
    status = child.wait()
    os.kill(reader, signal.SIGKILL)
    return status if status >= 0 else 128 - status


def check(result: int, call: str) -> None:
    if result != 0:
        sys.exit(f"{call}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    main()
