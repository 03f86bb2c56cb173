//! The blocks of a PEM file.

use data_encoding::BASE64;

/// A block of a PEM file.
pub(crate) struct Block {
    /// The label, such as `CERTIFICATE`.
    pub(crate) label: String,
    /// The content, in DER.
    pub(crate) der: Vec<u8>,
}

/// The blocks of a file, in their order; `None` for one that is damaged. Everything outside blocks
/// is ignored, except for lines that look like the begin or end of a block.
pub(crate) fn blocks(pem: &[u8]) -> Vec<Option<Block>> {
    let (mut blocks, mut open) = (Vec::new(), None::<(String, Vec<u8>)>);
    for line in pem.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = line.trim_ascii();
        if let Some(label) = label(line, b"-----BEGIN ") {
            // A block that was not closed.
            blocks.extend(open.replace((label, Vec::new())).map(|_| None));
        } else if let Some(label) = label(line, b"-----END ") {
            blocks.push(open.take().and_then(|(begun, base64)| {
                let der = BASE64.decode(&base64).ok()?;
                (begun == label).then_some(Block { label, der })
            }));
        } else if let Some((_, base64)) = &mut open {
            base64.extend(line);
        } else if is_like_a_boundary(line) {
            blocks.push(None);
        }
    }
    blocks.extend(open.map(|_| None));
    blocks
}

/// Whether a line outside blocks looks like the begin or end of one. Some readers skip what is
/// before the dashes, or take a whole block on one line.
fn is_like_a_boundary(line: &[u8]) -> bool {
    let is_close = contains(line, b"-----BEGIN") || contains(line, b"-----END");
    is_close || line.starts_with(b"-") && (contains(line, b"BEGIN") || contains(line, b"END"))
}

/// The label of a line that begins or ends a block.
fn label(line: &[u8], prefix: &[u8]) -> Option<String> {
    let label = line.strip_prefix(prefix)?.strip_suffix(b"-----")?;
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    if is_label { String::from_utf8(label.to_vec()).ok() } else { None }
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|window| window == word)
}

/// The first bytes of the first block with a label, of which the end may be missing; `None` if
/// there is no such block or it is damaged.
pub(crate) fn first_bytes(pem: &[u8], expected: &str) -> Option<Vec<u8>> {
    let mut lines = pem.split(|byte| matches!(byte, b'\n' | b'\r')).map(<[u8]>::trim_ascii);
    lines.find(|line| label(line, b"-----BEGIN ").is_some_and(|label| label == expected))?;
    let mut base64: Vec<u8> = lines.take_while(|line| !line.starts_with(b"-")).flatten().copied().collect();
    // A group of four characters that was cut off.
    base64.truncate(base64.len() / 4 * 4);
    BASE64.decode(&base64).ok()
}
