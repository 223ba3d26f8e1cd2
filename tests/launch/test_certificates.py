"""The certificate of an installation on this machine."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from shared.launch import certificates


def test_it_is_kept_until_a_month_before_its_end_and_then_made_anew(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = certificates.ensure(tmp_path / "tls", now=now)
    first = made.certificate.read_bytes()
    later = now + certificates.LIFE - certificates.RENEWED_BEFORE - timedelta(minutes=1)
    assert certificates.ensure(tmp_path / "tls", now=later).certificate.read_bytes() == first
    after = certificates.ensure(tmp_path / "tls", now=later + timedelta(minutes=2))
    assert after.certificate.read_bytes() != first


def test_it_names_this_machine_alone(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path / "tls")
    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


def test_nobody_else_reads_the_key_and_the_authority_keeps_none(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path / "tls")
    assert [path for path in made.folder.iterdir() if path.stat().st_mode & 0o077] == []
    keys = [path.name for path in made.folder.iterdir() if b"PRIVATE KEY" in path.read_bytes()]
    assert keys == ["localhost.key"]


def test_our_clients_believe_it_beside_the_public_authorities(tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path / "tls")
    known = ssl.create_default_context(cafile=made.bundle).get_ca_certs()
    assert len(known) > 10
    assert any("Narrowbridge on this machine" in str(one["subject"]) for one in known)
