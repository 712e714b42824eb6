"""Build one folder that installs and starts geo_ems on a machine without any network.

Run it once where there is a network, from the checkout, with the tools of .venv:

    .venv/bin/python docs/offline-install/build_bundle.py --out geo-ems-offline --platform windows

The folder holds every wheel of requirements/run.txt (checked against its hashes), the wheel of
geo_ems itself, and start.sh / start.bat. Copy it to the machine and run the one that fits.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker, default_environment

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of machine: pip's platform tags, newest first, and what environment markers say there."""

    tags: tuple[str, ...]
    sys_platform: str
    platform_system: str
    platform_machine: str
    os_name: str


TARGETS = {
    "linux": Target(
        ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"), "linux", "Linux", "x86_64", "posix"
    ),
    "linux-arm64": Target(
        ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"),
        "linux",
        "Linux",
        "aarch64",
        "posix",
    ),
    "windows": Target(("win_amd64",), "win32", "Windows", "AMD64", "nt"),
    "macos": Target(
        ("macosx_14_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64"), "darwin", "Darwin", "arm64", "posix"
    ),
}


def main() -> None:
    """Build the folder."""
    parser = argparse.ArgumentParser(description="Build a folder that installs geo_ems without a network.")
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--platform", choices=sorted(TARGETS), default="windows")
    parser.add_argument("--python-version", default="3.11", help="of the target machine, such as 3.11")
    options = parser.parse_args()
    if options.out.exists():
        sys.exit(f"{options.out} exists already: give a new folder")
    if not re.fullmatch(r"3\.1[1-9]", options.python_version):
        sys.exit(f"Python {options.python_version} is not supported: 3.11 or newer")
    target = TARGETS[options.platform]
    wheels = options.out / "wheels"
    wheels.mkdir(parents=True)
    locked = requirements_for(
        (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8"), target, options.python_version
    )
    (options.out / "requirements.txt").write_text(locked, encoding="utf-8")
    download(options.out / "requirements.txt", wheels, target, options.python_version)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels.resolve()))
    for name in ("start.sh", "start.bat", "README.md"):
        shutil.copyfile(HERE / name, options.out / name)
    (options.out / "start.sh").chmod(0o755)
    (options.out / "docs").mkdir()
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copyfile(page, options.out / "docs" / page.name)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    size_mb = sum(path.stat().st_size for path in wheels.iterdir()) / 1e6
    print(f"{options.out}: {version}, {len(list(wheels.iterdir()))} wheels, {size_mb:.0f} MB, for {options.platform}")


def requirements_for(lock: str, target: Target, python_version: str) -> str:
    """Return the locked requirements that hold on the target, without markers.

    pip evaluates markers for the machine it runs on, so they are evaluated here for the target.
    """
    environment = {
        **default_environment(),
        "sys_platform": target.sys_platform,
        "platform_system": target.platform_system,
        "platform_machine": target.platform_machine,
        "os_name": target.os_name,
        "python_version": python_version,
        "python_full_version": f"{python_version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    kept: list[str] = []
    for entry in re.split(r"\n(?=[a-z0-9])", lock.strip()):
        head, _, hashes = entry.partition("\\\n")
        name, _, marker = head.partition(";")
        if not marker.strip() or Marker(marker.strip()).evaluate(environment):
            kept.append(f"{name.strip()} \\\n{hashes}")
    return "\n".join(kept) + "\n"


def download(requirements: Path, wheels: Path, target: Target, python_version: str) -> None:
    """Fetch the wheels for the target; every one is checked against the hashes of the lock."""
    tags = [part for tag in target.tags for part in ("--platform", tag)]
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"),
        *("--require-hashes", "--only-binary", ":all:", "--python-version", python_version, *tags),
        *("--requirement", str(requirements.resolve()), "--dest", str(wheels.resolve())),
    )


def run(*command: str) -> None:
    """Run a command in the checkout; end with its exit code where it fails."""
    done = subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603 our own arguments
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
