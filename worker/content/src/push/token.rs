use std::{
	fmt,
	str::FromStr,
	time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::BlockId;

/// Scheme of the header `Authorization` that holds a token.
const SCHEME: &str = "Descent";
/// Longest time ahead at which a token may expire.
const MAX_LIFETIME: Duration = Duration::from_secs(3600);

/// Action that a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushAction {
	/// Storing content.
	Store,
	/// Removing content that the account stored.
	Remove,
}

impl PushAction {
	fn method(self) -> &'static str {
		match self {
			Self::Store => "PUT",
			Self::Remove => "DELETE",
		}
	}
}

/// An account's permission for one action on one content, in the header `Authorization`:
/// `Descent account=HEX, expires=SECONDS, signature=HEX`.
///
/// It names neither a gateway nor a moment: whoever sees it can do the same with the same content until it
/// expires, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushToken {
	/// Public key of the account, sr25519.
	pub account: [u8; 32],
	/// Time from which the token is void, in seconds of Unix time.
	pub expires: u64,
	/// Signature of [`PushToken::message`].
	pub signature: [u8; 64],
}

impl PushToken {
	/// Makes a token for the content with this root that is valid for half an hour. `sign` signs a text with
	/// the account's key.
	pub fn new(
		account: [u8; 32],
		action: PushAction,
		id: &BlockId,
		sign: impl FnOnce(&str) -> [u8; 64],
	) -> Self {
		let expires = unix_seconds().saturating_add(MAX_LIFETIME.as_secs() / 2);
		Self { account, expires, signature: sign(&Self::message(action, id, expires)) }
	}

	/// Returns the text that is signed. The frame is what wallets put around texts, so that a signed text is
	/// never a transaction.
	pub fn message(action: PushAction, id: &BlockId, expires: u64) -> String {
		format!("<Bytes>descent push: {} {id} until {expires}</Bytes>", action.method())
	}

	/// Checks that the token has not expired, and that it does not last longer than an hour.
	///
	/// # Errors
	/// A sentence for the client.
	pub(crate) fn check_time(&self) -> Result<(), String> {
		let now = unix_seconds();
		if self.expires <= now {
			return Err("the token has expired: sign a new one, and see that both clocks are right".into());
		}
		if self.expires > now.saturating_add(MAX_LIFETIME.as_secs()) {
			return Err("the token is valid for more than an hour from now: sign a shorter one".into());
		}
		Ok(())
	}
}

impl fmt::Display for PushToken {
	fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (account, signature) = (hex::encode(self.account), hex::encode(self.signature));
		write!(formatter, "{SCHEME} account={account}, expires={}, signature={signature}", self.expires)
	}
}

impl FromStr for PushToken {
	type Err = &'static str;

	fn from_str(text: &str) -> Result<Self, Self::Err> {
		let fields = text.strip_prefix(SCHEME).ok_or("the token's scheme is not Descent")?;
		let mut values =
			["account=", "expires=", "signature="].into_iter().zip(fields.split(',')).map(|(name, field)| {
				field
					.trim()
					.strip_prefix(name)
					.ok_or("a token has account, expires and signature, in this order")
			});
		let mut next = || values.next().unwrap_or(Err("the token is incomplete"));
		let (mut account, mut signature) = ([0; 32], [0; 64]);
		hex::decode_to_slice(next()?, &mut account).map_err(|_| "the account is not 64 hex digits")?;
		let expires = next()?.parse().map_err(|_| "the time of expiry is not a number of seconds")?;
		hex::decode_to_slice(next()?, &mut signature).map_err(|_| "the signature is not 128 hex digits")?;
		Ok(Self { account, expires, signature })
	}
}

fn unix_seconds() -> u64 {
	SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
	use super::*;
	use descent_protocol::Codec;

	fn token() -> PushToken {
		let id = BlockId::of(Codec::Raw, b"descent");
		PushToken::new([7; 32], PushAction::Store, &id, |text| {
			assert!(
				text.starts_with("<Bytes>descent push: PUT bafk2bz") && text.ends_with("</Bytes>"),
				"{text}"
			);
			[9; 64]
		})
	}

	#[test]
	fn text_and_back() {
		let token = token();
		assert_eq!(token.to_string().parse(), Ok(token.clone()));
		assert_eq!(token.check_time(), Ok(()));
	}

	#[test]
	fn malformed_tokens_are_refused() {
		let whole = token().to_string();
		for text in [
			"",
			"Descent",
			"Descent account=07, expires=1, signature=09",
			&whole.replace("Descent", "Bearer"),
			&whole.replace("expires=", "expires=-"),
			&whole.replace("signature=0", "signature=x"),
			whole.split(", signature").next().unwrap(),
		] {
			assert!(text.parse::<PushToken>().is_err(), "{text}");
		}
	}

	#[test]
	fn tokens_last_an_hour_at_most() {
		let at = |expires| PushToken { expires, ..token() }.check_time();
		assert!(at(unix_seconds()).unwrap_err().contains("expired"));
		assert!(at(unix_seconds() + 3_700).unwrap_err().contains("more than an hour"));
		assert!(at(u64::MAX).is_err() && at(0).is_err());
	}
}
