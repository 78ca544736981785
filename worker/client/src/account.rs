use sp_core::crypto::{AccountId32, Ss58Codec};

/// The network prefix of this chain's addresses in SS58.
const PREFIX: u16 = 42;

/// A reason that a text is not an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
	/// It is neither an address nor a public key.
	#[error(
		"not an account: write its address, as 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY, or its public key in hex; \
		 one wrong character makes it invalid"
	)]
	Malformed,
	/// It is an address of another network, to whose holder nothing should be sent here.
	#[error(
		"an address of another network (SS58 prefix {0}, not 42); ask its holder for one of this network"
	)]
	OtherNetwork(u16),
}

/// Reads an account: its address in SS58 with prefix 42, or its public key as 64 hex digits with or without
/// `0x`.
///
/// # Errors
/// [`AccountError`].
pub fn parse_account(text: &str) -> Result<AccountId32, AccountError> {
	if let Ok(key) = hex::decode(text.strip_prefix("0x").unwrap_or(text)) {
		return <[u8; 32]>::try_from(key).map(AccountId32::new).map_err(|_| AccountError::Malformed);
	}
	let (account, format) =
		AccountId32::from_ss58check_with_version(text).map_err(|_| AccountError::Malformed)?;
	match u16::from(format) {
		PREFIX => Ok(account),
		other => Err(AccountError::OtherNetwork(other)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn addresses_of_this_network_and_public_keys() {
		let address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
		let hex = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
		let account = parse_account(address).unwrap();
		assert_eq!(parse_account(hex).as_ref(), Ok(&account));
		assert_eq!(parse_account(&format!("0x{hex}")).as_ref(), Ok(&account));
		assert_eq!(account.to_string(), address);
		for text in
			["", "0x", "5Grw", "//Alice", &format!("{address}x"), &address.replace('F', "G"), &hex[2..]]
		{
			assert_eq!(parse_account(text), Err(AccountError::Malformed), "{text}");
		}
		let other = account.to_ss58check_with_version(0u16.into());
		assert_eq!(parse_account(&other), Err(AccountError::OtherNetwork(0)));
	}
}
