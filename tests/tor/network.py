"""A Tor network of its own on 127.0.0.1: three authorities, three relays, an onion service and a client.

Nothing here leaves the machine. Every tor ends with this process (`__OwningControllerProcess`). What a stock tor
needs to work in so small a net stands beside each option; the lines of the onion service itself are those of
`packaging/torrc`, so that what is shipped is what is tested.
"""

import os
import re
import socket
import subprocess
import time
from pathlib import Path

AUTHORITIES = ["a0", "a1", "a2"]
RELAYS = ["r0", "r1", "r2"]
SERVICE = "service"
CLIENT = "client"
EVERYBODY = [*AUTHORITIES, *RELAYS, SERVICE, CLIENT]
VOTE_EVERY_S = 10
VOTE_DELAY_S = 2


class Network:
    """Started by `with`; stopped at its end."""

    def __init__(self, folder: Path, service_lines: str):
        self.folder = folder
        self.service_lines = service_lines
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ports = {name: (free_port(), free_port()) for name in EVERYBODY}

    def __enter__(self) -> "Network":
        for name in EVERYBODY:
            (self.folder / name / "keys").mkdir(mode=0o700, parents=True)
            (self.folder / name).chmod(0o700)
        authorities = [self._authority(name) for name in AUTHORITIES]
        for name in EVERYBODY:
            torrc = self.folder / name / "torrc"
            torrc.write_text("\n".join([*self._common(name), *authorities, *self._own(name), ""]))
            command = ["tor", "-f", str(torrc), "--defaults-torrc", "/dev/null", "--quiet"]
            self.processes.append(subprocess.Popen(command))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait(self, until: float) -> None:
        """Waits until everybody is connected; `until` is a time of `time.monotonic`."""
        while (done := self.progress()) and min(done.values()) < 100:
            if time.monotonic() > until:
                raise TimeoutError(f"the network is not whole: {done}")
            time.sleep(0.5)

    def progress(self) -> dict[str, int]:
        """How far each tor is, in percent."""
        done = {}
        for name in EVERYBODY:
            log = self.folder / name / "notice.log"
            lines = re.findall(r"Bootstrapped (\d+)%", log.read_text()) if log.exists() else []
            done[name] = int(lines[-1]) if lines else 0
        return done

    @property
    def onion(self) -> str:
        return (self.folder / SERVICE / "onion" / "hostname").read_text().strip()

    @property
    def socks(self) -> int:
        return self.ports[CLIENT][0]

    def _authority(self, name: str) -> str:
        """Makes an authority's keys; returns the line by which all others know it."""
        folder = self.folder / name
        router, directory = self.ports[name]
        keys = folder / "keys"
        run(
            "tor-gencert", "--create-identity-key", "--passphrase-fd", "0",
            "-i", keys / "authority_identity_key", "-s", keys / "authority_signing_key",
            "-c", keys / "authority_certificate", "-m", "12", "-a", f"127.0.0.1:{directory}",
        )
        # tor wants some authority before it tells its own fingerprint, and then fails for lack of a working one.
        nobody = "x no-v2 v3ident=" + "1".zfill(40) + " 127.0.0.1:1 " + "2".zfill(40)
        run(
            "tor", "-f", "/dev/null", "--defaults-torrc", "/dev/null", "--list-fingerprint", "--quiet",
            "--DataDirectory", folder, "--ORPort", f"127.0.0.1:{router}", "--Nickname", name,
            "--DirAuthority", nobody, "--ignore-missing-torrc", fails=True,
        )
        fingerprint = (folder / "fingerprint").read_text().split()[1]
        certificate = (keys / "authority_certificate").read_text()
        identity = re.search(r"^fingerprint ([0-9A-F]{40})", certificate, re.M)
        assert identity, "tor-gencert names the identity"
        return f"DirAuthority {name} orport={router} no-v2 v3ident={identity[1]} 127.0.0.1:{directory} {fingerprint}"

    def _common(self, name: str) -> list[str]:
        folder = self.folder / name
        return [
            "TestingTorNetwork 1",
            f"DataDirectory {folder}",
            f"Nickname {name}",
            "Address 127.0.0.1",
            f"Log notice file {folder}/notice.log",
            f"PidFile {folder}/pid",
            f"__OwningControllerProcess {os.getpid()}",
            "ShutdownWaitLength 0",
            # Six relays: nobody may wait for more of the net, for a second layer of guards, or for better flags.
            "PathsNeededToBuildCircuits 0.67",
            "VanguardsLiteEnabled 0",
            "TestingDirAuthVoteExit *",
            "TestingDirAuthVoteHSDir *",
            "TestingDirAuthVoteGuard *",
            "TestingMinExitFlagThreshold 0",
            "V3AuthNIntervalsValid 2",
        ]

    def _own(self, name: str) -> list[str]:
        router, directory = self.ports[name]
        if name == CLIENT:
            return [f"SocksPort 127.0.0.1:{router}"]
        if name == SERVICE:
            folder = f"{self.folder / SERVICE}/onion"
            return ["SocksPort 0", self.service_lines.replace("/var/lib/tor/asylia", folder)]
        lines = [
            f"ORPort 127.0.0.1:{router} IPv4Only",
            f"DirPort 127.0.0.1:{directory}",
            "SocksPort 0",
            "ExitRelay 0",
            "AssumeReachable 1",
            "ContactInfo nobody@test.invalid",
        ]
        if name in AUTHORITIES:
            lines += ["AuthoritativeDirectory 1", "V3AuthoritativeDirectory 1"]
            for prefix in ["TestingV3AuthInitial", "V3Auth"]:
                lines += [
                    f"{prefix}VotingInterval {VOTE_EVERY_S}",
                    f"{prefix}VoteDelay {VOTE_DELAY_S}",
                    f"{prefix}DistDelay {VOTE_DELAY_S}",
                ]
        return lines


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run(*command: object, fails: bool = False) -> None:
    subprocess.run([str(word) for word in command], input=b"x\n", check=not fails, capture_output=True)
