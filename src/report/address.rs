//! Addresses of files.

/// Returns the address of the file at `path`, relative to the page.
///
/// # Source
/// RFC 3986, section 2: all but unreserved characters and slashes are percent-encoded.
pub(super) fn address(path: &str) -> String {
    let mut address = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    // A first part with a colon would be read as a scheme, but colons are encoded.
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_by_hand() {
        assert_eq!(address("shapes/depth.csv"), "shapes/depth.csv");
        assert_eq!(address("folder:a/b c#1.png"), "folder%3Aa/b%20c%231.png");
        assert_eq!(address("ä"), "%C3%A4");
    }
}
