//! Entries of the error log, for people.

use hearth_drivers::nvme::error_log::Entry;

/// Every namespace, or the controller as a whole.
const ALL_NAMESPACES: u32 = 0xffff_ffff;
/// A block that stands for none.
const NO_BLOCK: u64 = u64::MAX;

/// What makes an error another one: not its number, nor which command it was.
pub(super) fn gist(entry: Entry) -> (u16, u64, u32) {
    (entry.status.0, entry.block, entry.namespace)
}

/// `media error (status 0x0281), from block 4295 of namespace 1, command 17 of queue 3`: what the entry has of that.
pub(super) fn words(entry: &Entry) -> String {
    let mut words = entry.status.to_string();
    let namespace = Some(entry.namespace).filter(|namespace| !matches!(*namespace, 0 | ALL_NAMESPACES));
    match (namespace, entry.block) {
        (Some(namespace), NO_BLOCK) => words.push_str(&format!(", namespace {namespace}")),
        (Some(namespace), block) => {
            words.push_str(&format!(", from block {block} of namespace {namespace}"));
        }
        (None, _) => {}
    }
    match (entry.command, entry.queue) {
        (Some(command), Some(queue)) => words.push_str(&format!(", command {command} of queue {queue}")),
        (Some(command), None) => words.push_str(&format!(", command {command}")),
        (None, _) => {}
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_drivers::nvme::Status;

    #[test]
    fn an_error_is_told_with_what_its_entry_has_of_block_namespace_and_command() {
        let whole = Entry {
            number: 9,
            queue: Some(3),
            command: Some(17),
            status: Status(0x0281),
            block: 4295,
            namespace: 1,
        };
        assert_eq!(
            words(&whole),
            "media error (status 0x0281), from block 4295 of namespace 1, command 17 of queue 3"
        );
        let of_none = Entry { queue: None, command: None, namespace: ALL_NAMESPACES, ..whole };
        assert_eq!(words(&of_none), "media error (status 0x0281)");
        let without_block = Entry { block: NO_BLOCK, queue: None, ..whole };
        assert_eq!(words(&without_block), "media error (status 0x0281), namespace 1, command 17");
        assert_eq!(gist(whole), gist(Entry { number: 10, command: Some(18), ..whole }), "the same again");
    }
}
