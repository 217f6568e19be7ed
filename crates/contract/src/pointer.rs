//! Where in a document something is: JSON pointers (RFC 6901), built only when an error needs one.

/// The longest pointer an error carries, in bytes. A deeper place is named by the closest
/// ancestor that fits, so that a hostile body cannot make a huge answer.
const MAX_BYTES: usize = 1_000;

/// A place in a document: a linked list on the stack, which costs nothing until it is written.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    token: Token<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The whole document, whose pointer is the empty string.
    pub(crate) const ROOT: Self = Self {
        parent: None,
        token: Token::Root,
        depth: 0,
    };

    /// The member of this object with that key.
    pub(crate) fn key<'b>(&'b self, key: &'b str) -> Path<'b>
    where
        'a: 'b,
    {
        Path {
            parent: Some(self),
            token: Token::Key(key),
            depth: self.depth + 1,
        }
    }

    /// The element of this array at that position, from 0.
    pub(crate) fn index<'b>(&'b self, index: usize) -> Path<'b>
    where
        'a: 'b,
    {
        Path {
            parent: Some(self),
            token: Token::Index(index),
            depth: self.depth + 1,
        }
    }

    /// How many objects and arrays enclose this place.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The pointer, shortened to an ancestor's where it would be too long.
    pub(crate) fn pointer(&self) -> String {
        let mut tokens = Vec::with_capacity(self.depth);
        let mut place = Some(self);
        while let Some(path) = place {
            tokens.push(path.token);
            place = path.parent;
        }
        let mut pointer = String::new();
        for token in tokens.into_iter().rev() {
            let before = pointer.len();
            match token {
                Token::Root => {}
                Token::Key(key) if key.len() > MAX_BYTES => break,
                Token::Key(key) => {
                    pointer.push('/');
                    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Token::Index(index) => {
                    pointer.push('/');
                    pointer.push_str(&index.to_string());
                }
            }
            if pointer.len() > MAX_BYTES {
                pointer.truncate(before);
                break;
            }
        }
        pointer
    }
}
