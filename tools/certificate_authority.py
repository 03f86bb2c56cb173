"""CA certificates and revocation lists for the front doors in `examples/`.

Keys are derived from the names of the CAs, and signatures are deterministic, so a second run writes
the same bytes. Never trust these CAs, because anyone can derive their keys. No key is written.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A CA, which is its own issuer without `issuer`."""

    def __init__(self, name, not_before, not_after, issuer=None, curve=None):
        self.subject = x509.Name([
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Corp"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ])
        self.key = key_of(name, curve or ec.SECP256R1())
        signer = issuer or self
        public_key = self.key.public_key()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.subject)
            .issuer_name(signer.subject)
            .public_key(public_key)
            .serial_number(number(name, 8))
            .not_valid_before(datetime.fromisoformat(not_before))
            .not_valid_after(datetime.fromisoformat(not_after))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
            .sign(signer.key, hashes.SHA256(), ecdsa_deterministic=True)
        )

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def revocation_list(self, last_update, days):
        """Returns a list in PEM with one revoked certificate, after `days` of which the next list
        is due.
        """
        updated = datetime.fromisoformat(last_update)
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(number("revoked", 8))
            .revocation_date(updated)
            .build()
        )
        signed = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.subject)
            .last_update(updated)
            .next_update(updated + timedelta(days=days))
            .add_revoked_certificate(revoked)
            .sign(self.key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        return signed.public_bytes(serialization.Encoding.PEM).decode()


def key_of(name, curve):
    # The top bit is clear, so the number is below the order of the curve.
    return ec.derive_private_key(number(f"key of {name}", curve.key_size // 8), curve)


def number(text, length):
    """Returns a positive number of `length` bytes that depends only on the text."""
    return int.from_bytes(sha256(text.encode()).digest()[:length]) >> 1 | 1
