"""The site in production behind a real proxy with the lines that README shows."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import PROJECT, load_settings
from core import clock
from core.actor import Actor, Role
from core.people import services as people
from tests.conftest import missing
from tests.server import TOKEN, Server, environment, free_port, random_key, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "kaofa.example.cn"
PATH = f"{os.environ['PATH']}:/usr/sbin"
NGINX_MAIN = "daemon off;\npid {home}/nginx.pid;\nerror_log stderr crit;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\n{server}}}\n"
WRONG_TRIES = 5


def make_certificate(home: Path) -> None:
    """A certificate of the site's own, for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (home / "kaofa.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (home / "kaofa.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def readme_block(readme: str, proxy: str) -> str:
    return re.search(rf"```{proxy}\n(.*?)```", (PROJECT / readme).read_text(encoding="utf-8"), re.DOTALL)[1]


@dataclass
class Visitor:
    """A browser on a machine of its own (loopback has many addresses), speaking TLS to the proxy."""

    port: int
    home: Path
    address: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self.cookie = ""

    def send(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        trust = ssl.create_default_context(cafile=str(self.home / "kaofa.pem"))
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=30, source_address=(self.address, 0)
        )
        connection = http.client.HTTPSConnection(HOST, self.port, timeout=30)
        connection.sock = trust.wrap_socket(plain, server_hostname=HOST)
        if body is not None:
            origin = f"https://{HOST}:{self.port}"
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": origin,
                "Referer": f"{origin}/sign-in",
            }
        connection.request(method, path, body, {"Cookie": self.cookie, **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
        self.cookie = (answer.headers["Set-Cookie"] or self.cookie).partition(";")[0]
        connection.close()
        return answer.status, text

    def sign_in(self, password: str) -> tuple[int, str]:
        token = TOKEN.search(self.send("GET", "/sign-in")[1])[1]
        form = {"username": "chief", "password": password, "next": "", "csrf_token": token}
        return self.send("POST", "/sign-in", urlencode(form))


def replaced(lines: str, *changes: tuple[str, str]) -> str:
    """The lines of the README with this test's ports and files in them."""
    for shown, used in changes:
        assert shown in lines
        lines = lines.replace(shown, used)
    return lines


def nginx(home: Path, port: int, upstream: int) -> list[str]:
    lines = replaced(
        readme_block("README.md", "nginx"),
        ("443", str(port)),
        ("/etc/ssl", str(home)),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
    configuration = home / "nginx.conf"
    configuration.write_text(NGINX_MAIN.format(home=home, temporary=temporary, server=lines))
    return ["-p", str(home), "-e", "stderr", "-c", str(configuration)]


def caddy(home: Path, port: int, upstream: int) -> list[str]:
    own = f"{HOST}:{port} {{\n    tls {home}/kaofa.pem {home}/kaofa.key"
    lines = replaced(
        readme_block("README.md", "caddy"),
        (f"{HOST} {{", own),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
    )
    configuration = home / "Caddyfile"
    configuration.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + lines)
    return ["run", "--adapter", "caddyfile", "--config", str(configuration)]


@pytest.fixture(params=[nginx, caddy], ids=lambda proxy: proxy.__name__)
def visitors(request, tmp_path, sqlite_template, make_app) -> Iterator[tuple[Visitor, Visitor, str]]:
    """Two visitors of a site behind a proxy, and the password of its officer «chief»."""
    kind = request.param.__name__
    program = shutil.which(kind, path=PATH)
    if program is None:
        missing(kind, f"install it (Debian: apt-get install {'nginx-light' if kind == 'nginx' else kind})")
    (tmp_path / "kaofa.sqlite3").write_bytes(sqlite_template.read_bytes())
    port = free_port()
    env = environment(
        tmp_path,
        KAOFA_ENV="production",
        KAOFA_SECRET_KEY=random_key("sessions"),
        KAOFA_DATA_KEY=random_key("data"),
        KAOFA_PUBLIC_URL=f"https://{HOST}:{port}",
        KAOFA_TRUSTED_PROXIES="1",
    )
    with make_app(load_settings(env)).app_context():
        added = people.add_account(
            username="chief",
            role=Role.OFFICER,
            unit_code=None,
            display_name="",
            actor=Actor.command(),
            now=clock.now(),
        )
    make_certificate(tmp_path)
    with Server(env) as server:
        proxy = subprocess.Popen(
            [program, *request.param(tmp_path, port, server.port)],
            env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: proxy.poll() is not None or listens(port))
            assert proxy.poll() is None
            yield Visitor(port, tmp_path), Visitor(port, tmp_path, "127.0.0.2"), added.password
        finally:
            proxy.terminate()
            proxy.wait(10)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_behind_a_proxy_a_form_is_accepted_and_each_client_has_its_own_address(visitors):
    chief, guesser, password = visitors
    for _ in range(WRONG_TRIES + 1):
        status, text = guesser.sign_in("wrong")
        assert status == 422
    assert "锁定" in text or "稍后" in text or "分钟" in text
    status, text = chief.sign_in(password)
    assert status == 303, text[:500]
    assert chief.send("GET", "/")[0] in {200, 303}


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_both_readmes_show_the_same_lines(proxy):
    assert readme_block("README.md", proxy) == readme_block("README.zh-CN.md", proxy)
