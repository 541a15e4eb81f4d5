//! Why a page cannot be shown. The guard turns it into a page in the reader's language.

use crate::front::complain;
use crate::store;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fail {
    /// Nobody is signed in.
    SignIn,
    /// The role does not allow it.
    Role,
    /// The form was not made by this page, or long ago.
    Form,
    /// There is no such page or message.
    Missing,
    /// The request makes no sense.
    Wrong,
    /// The file is larger than the limit.
    Large,
    /// No file was chosen.
    Empty,
    /// Too much is going on.
    Busy,
    /// tenpu failed.
    Fault,
}

impl Fail {
    /// The status of the answer.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Role | Self::Form => StatusCode::FORBIDDEN,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Wrong | Self::Empty => StatusCode::BAD_REQUEST,
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its member of the family `fail` of the words.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Role => "role",
            Self::Form => "form",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Large => "large",
            Self::Empty => "empty",
            Self::Busy => "busy",
            Self::Fault => "fault",
        }
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<askama::Error> for Fail {
    fn from(error: askama::Error) -> Self {
        complain(&format!("a page: {error}"));
        Self::Fault
    }
}

impl From<store::Error> for Fail {
    fn from(error: store::Error) -> Self {
        if matches!(error, store::Error::Unknown(_)) {
            return Self::Missing;
        }
        complain(&format!("the store: {error}"));
        Self::Fault
    }
}
