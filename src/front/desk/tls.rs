//! TLS to other servers, with rustls: whom to trust, and nothing else to choose.

use crate::front::input::read_file;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Whom to trust.
#[derive(Debug)]
pub(super) enum Trust {
    /// Whom the system trusts.
    System,
    /// The authorities of a PEM file.
    File(PathBuf),
    /// Whoever answers: against those who only listen.
    Anybody,
}

/// Where systems keep whom they trust.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The longest file of authorities.
const LONGEST: u64 = 8 << 20;

/// What makes TLS of a connection.
///
/// # Errors
/// No authority can be read.
pub(super) fn connector(trust: &Trust) -> anyhow::Result<TlsConnector> {
    let provider = Arc::new(ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let config = match trust {
        Trust::Anybody => config.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))),
        Trust::File(path) => config.with_root_certificates(roots(path)?),
        Trust::System => {
            let path = SYSTEM.iter().map(Path::new).find(|path| path.exists());
            let path = path.context("this system names no certificate authorities; name a file of them")?;
            config.with_root_certificates(roots(path)?)
        }
    };
    Ok(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

/// The authorities of a file. Those that make no sense to us are left out, as long as one is left.
fn roots(path: &Path) -> anyhow::Result<RootCertStore> {
    let head = read_file(path, LONGEST).with_context(|| path.display().to_string())?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&head.bytes).filter_map(Result::ok));
    ensure!(!roots.is_empty(), "{}: no certificate authority in it", path.display());
    Ok(roots)
}

/// Takes every certificate. That the server holds its key is still proved.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
