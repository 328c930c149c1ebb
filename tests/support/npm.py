"""Packages from npm for the clients that tests drive."""
import subprocess
import unittest


def install(folder):
    """Installs what folder's package.json names. Where npm's registry cannot be reached at all, the test is not run, and
    says so; any other failure is the test's."""
    check_reachable(folder)  # npm install would try again for minutes
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode == 0:
        return
    check_reachable(folder)
    raise RuntimeError(f"npm install in {folder} failed:\n{done.stdout[-2000:]}")


def check_reachable(folder):
    reason = unreachable(folder)
    if reason:
        raise unittest.SkipTest(f"npm's registry cannot be reached from here: {reason}")


def unreachable(folder):
    """Why the registry does not answer for a package that is always there; '' where it does."""
    asked = subprocess.run(["npm", "view", "is-number", "version", "--fetch-retries=0", "--fetch-timeout=20000"], cwd=folder,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if asked.returncode == 0:
        return ""
    lines = [line for line in asked.stdout.splitlines() if "ERR" in line or "error" in line]
    return next((line for line in lines if "code" in line or "errno" in line), asked.stdout[-200:]).strip()
