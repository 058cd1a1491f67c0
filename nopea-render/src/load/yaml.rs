//! Parses YAML into nodes, document by document; after an error it goes on at the next `---`.

use granit_parser::{Event, Parser, Tag as Written, options};

use super::{
    node::{Listener, NODES_BETWEEN_LOOKS, Node, Raw, Tag},
    problem::Span,
    syntax,
};
use granit_parser::ScalarStyle;

/// Tells a listener of every node of a text.
pub(super) fn parse(text: &str, depth: usize, listener: &mut impl Listener) {
    let options = options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        // one more than the listener takes, so that the listener's own message is the one seen
        flow_nesting_limit: depth.saturating_add(1),
        block_nesting_limit: depth.saturating_add(1),
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut nodes = 0_u32;
    while let Some(next) = parser.next_event() {
        let outcome = match next {
            Ok((Event::Scalar(text, style, anchor, tag), range)) => {
                let plain = style == ScalarStyle::Plain;
                let tag = tag.map_or(Tag::None, |tag| known(&tag));
                let node = Node::Scalar(Raw { text, plain, tag }, anchor);
                listener.node(node, Span::of_range(&range))
            }
            Ok((Event::DocumentEnd, _)) => {
                listener.complete();
                nodes = 0;
                Ok(())
            }
            Ok((event, range)) => match structure(&event) {
                Some(node) => listener.node(node, Span::of_range(&range)),
                None => continue,
            },
            Err(error) => Err(syntax::problem(&error, depth).into()),
        };
        if let Err(problem) = outcome {
            listener.broken(*problem);
            nodes = 0;
            if !listener.wants_more() || !matches!(parser.proceed_next_document(), Ok(true)) {
                return;
            }
        }
        if nodes.is_multiple_of(NODES_BETWEEN_LOOKS) && !listener.wants_more() {
            return;
        }
        nodes = nodes.wrapping_add(1);
    }
}

/// The node of an event that is no scalar.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list of events is open")]
fn structure(event: &Event<'_>) -> Option<Node<'static>> {
    match event {
        Event::MappingStart(_, anchor, _) => Some(Node::Map(*anchor)),
        Event::SequenceStart(_, anchor, _) => Some(Node::List(*anchor)),
        Event::MappingEnd | Event::SequenceEnd => Some(Node::End),
        Event::Alias(anchor) => Some(Node::Alias(Some(*anchor))),
        Event::UnresolvedAlias(_) => Some(Node::Alias(None)),
        // starts and ends of the stream and of documents, and what the options switch off
        _ => None,
    }
}

fn known(tag: &Written) -> Tag {
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("bool") => Tag::Bool,
        Some("null") => Tag::Null,
        Some("binary") => Tag::Binary,
        Some("timestamp") => Tag::Timestamp,
        Some("merge") => Tag::Merge,
        Some(_) | None => Tag::Text,
    }
}
