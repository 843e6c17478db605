//! Towards whom something is done, and which purpose of the consent answers for it.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::casework::{
    consent::Scope,
    rules::is_state,
    values::{Purpose, Target},
};

/// Towards whom.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Whoever the target itself names: the High Commissioner, mandate holders, the office.
    Own,
    /// A State, by its three letters.
    State(String),
    /// An actor that is no State, by name.
    Actor(String),
    /// A mechanism, presence or translator, by code or name.
    Named(String),
    /// One report, by its symbol or name.
    Report(String),
    /// Everybody.
    Public,
    /// Nobody is told of: figures alone.
    Aggregate,
    /// A case is told.
    Narrative,
}

/// A target, its audience, and who gets the packet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What is to be done.
    pub target: Target,
    /// Towards whom.
    pub audience: Audience,
    /// Code of the addressee that gets the packet; `None` while it is only a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A text names no target.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "That is no target with its audience. Write it like M1@sr-torture, R2:CHE@sr-torture, R5@hc, X1:CAT@cat or Y1:aggregate."
)]
pub struct BadTarget;

impl Route {
    /// The purpose of the consent that answers for it.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        match (self.target, &self.audience) {
            (Target::N0 | Target::Tr, _) => Purpose::FocalPoint,
            (Target::M1, _) => Purpose::MandateHolders,
            (Target::R1 | Target::R2 | Target::X3, Audience::State(_)) => Purpose::Government,
            (Target::R1 | Target::R2 | Target::X3, Audience::Actor(_)) => {
                Purpose::NonStateAddressee
            }
            (Target::R5 | Target::R6 | Target::R7 | Target::X2 | Target::Y3, _) => Purpose::Senior,
            (Target::X1, _) => Purpose::OtherMechanisms,
            (Target::X2F, _) => Purpose::UnFieldPresenceInCountry,
            (Target::Y2, _) => Purpose::SgReport,
            // R3, R4, X4, Y1, and what has another audience than its own: the most public.
            _ => Purpose::PublicStatements,
        }
    }

    /// The one towards whom the purpose must be permitted.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        match &self.audience {
            Audience::State(state) => Some(Scope::State(state.clone())),
            Audience::Actor(name) | Audience::Named(name) | Audience::Report(name) => {
                Some(Scope::Named(name.clone()))
            }
            _ => None,
        }
    }

    /// Every name and code under which somebody could have been excluded.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let audience = match &self.audience {
            Audience::State(name)
            | Audience::Actor(name)
            | Audience::Named(name)
            | Audience::Report(name) => Some(name.as_str()),
            _ => None,
        };
        let own = match self.target {
            Target::R5 => Some("HC"),
            Target::R6 => Some("ASG"),
            Target::R7 => Some("HRC-PRES"),
            Target::X2 => Some("SG"),
            _ => None,
        };
        audience.into_iter().chain(own).chain(self.to.as_deref())
    }

    /// Whether mandate holders decide on it, so that they must be permitted to know.
    #[must_use]
    pub fn needs_mandate_holder(&self) -> bool {
        matches!(
            self.target,
            Target::R1 | Target::R2 | Target::R3 | Target::R4
        )
    }

    /// Whether everybody reads what comes of it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match (self.target, &self.audience) {
            (_, Audience::Aggregate) => false,
            (Target::R3 | Target::R4 | Target::X4 | Target::Y1 | Target::Y2, _) => true,
            (_, audience) => *audience == Audience::Public,
        }
    }

    /// Whether it is meant for a State or another actor outside the United Nations, though mandate holders decide.
    #[must_use]
    pub fn reaches_outside(&self) -> bool {
        matches!(self.audience, Audience::State(_) | Audience::Actor(_))
    }

    /// Whether it tells of a case.
    #[must_use]
    pub fn tells(&self) -> bool {
        self.target != Target::N0 && self.audience != Audience::Aggregate
    }

    fn is_sound(&self) -> bool {
        let audience = &self.audience;
        let outside = matches!(audience, Audience::State(_) | Audience::Actor(_));
        match self.target {
            Target::N0 | Target::M1 | Target::R5 | Target::R6 | Target::R7 | Target::X2 => {
                *audience == Audience::Own
            }
            Target::R1 | Target::R2 => outside,
            Target::X3 => outside || *audience == Audience::Public,
            Target::R3 | Target::X4 => *audience == Audience::Public,
            Target::R4 => matches!(audience, Audience::Public | Audience::Report(_)),
            Target::Tr | Target::X1 | Target::X2F => matches!(audience, Audience::Named(_)),
            Target::Y1 | Target::Y2 | Target::Y3 => {
                matches!(audience, Audience::Aggregate | Audience::Narrative)
            }
        }
    }
}

impl FromStr for Route {
    type Err = BadTarget;

    /// `TARGET[:AUDIENCE][@ADDRESSEE]`.
    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let (text, to) = match text.trim().split_once('@') {
            Some((text, to)) => (text, Some(to.trim().to_owned())),
            None => (text.trim(), None),
        };
        let (code, audience) = match text.split_once(':') {
            Some((code, audience)) => (code, Some(audience.trim())),
            None => (text, None),
        };
        let target = Target::parse(code.trim()).ok_or(BadTarget)?;
        let audience = match (target, audience) {
            (Target::R3 | Target::R4 | Target::X4, None) => Audience::Public,
            (_, None) => Audience::Own,
            (_, Some("")) => return Err(BadTarget),
            (_, Some("public")) => Audience::Public,
            (_, Some("aggregate")) => Audience::Aggregate,
            (_, Some("narrative")) => Audience::Narrative,
            (Target::R4, Some(report)) => Audience::Report(report.to_owned()),
            (Target::R1 | Target::R2 | Target::X3, Some(name)) => match is_state(name) {
                true => Audience::State(name.to_owned()),
                false => Audience::Actor(name.to_owned()),
            },
            (_, Some(name)) => Audience::Named(name.to_owned()),
        };
        let route = Self {
            target,
            audience,
            to: to.filter(|to| !to.is_empty()),
        };
        route.is_sound().then_some(route).ok_or(BadTarget)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.target.code())?;
        match &self.audience {
            Audience::Own => Ok(()),
            Audience::Public if matches!(self.target, Target::R3 | Target::R4 | Target::X4) => {
                Ok(())
            }
            Audience::State(name)
            | Audience::Actor(name)
            | Audience::Named(name)
            | Audience::Report(name) => write!(f, ":{name}"),
            Audience::Public => f.write_str(":public"),
            Audience::Aggregate => f.write_str(":aggregate"),
            Audience::Narrative => f.write_str(":narrative"),
        }?;
        match &self.to {
            Some(to) => write!(f, "@{to}"),
            None => Ok(()),
        }
    }
}
