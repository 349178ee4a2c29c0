//! Hand-written pickles: accepted, rejected and bounded.

use super::node::Tensor;
use super::*;
use crate::model::weights::ElementKind;

/// Returns a state dict of one tensor "w" of 2 x 3 floats, as written by Python 3 with protocol 2.
fn state_dict() -> Vec<u8> {
    let mut bytes =
        b"\x80\x02}q\x00X\x01\x00\x00\x00wq\x01ctorch._utils\n_rebuild_tensor_v2\n".to_vec();
    bytes.extend(
        b"q\x02((X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05",
    );
    bytes.extend(
        b"X\x03\x00\x00\x00cpuq\x06K\x06tq\x07QK\x00K\x02K\x03\x86q\x08K\x03K\x01\x86q\x09\x89",
    );
    bytes.extend(b"ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.");
    bytes
}

fn problem(bytes: &[u8]) -> (String, bool) {
    let fault = read(bytes).expect_err("it is refused");
    (fault.problem, fault.asks)
}

#[test]
fn a_state_dict_becomes_notes_of_its_tensors() {
    let bytes = state_dict();
    let pickle = read(&bytes).expect("a sound pickle");
    assert_eq!(pickle.length, bytes.len());
    let Node::Dict(items) = &pickle.nodes[pickle.root] else {
        panic!("{pickle:?}");
    };
    assert_eq!(items.len(), 1);
    let (key, value) = items[0];
    assert_eq!(pickle.nodes[key], Node::Text("w".to_string()));
    let expected = Tensor {
        storage: Storage {
            kind: ElementKind::F32,
            key: "0".to_string(),
            elements: 6,
        },
        offset: 0,
        shape: vec![2, 3],
        strides: vec![3, 1],
    };
    assert_eq!(pickle.nodes[value], Node::Tensor(Box::new(expected)));
}

/// Returns a pickle that calls `module.name` with the text "a".
fn calling(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n(X\u{1}\0\0\0atR.").into_bytes()
}

#[test]
fn a_function_that_acts_is_refused_by_name() {
    for (module, name) in [
        ("os", "system"),
        ("os.path", "join"),
        ("builtins", "eval"),
        ("__builtin__", "eval"),
        ("posix", "system"),
        ("subprocess", "Popen"),
    ] {
        let (text, asks) = problem(&calling(module, name));
        let expected = format!("asks for \"{module}.{name}\"");
        assert_eq!((text, asks), (expected, true));
    }
    // The same with the newer way to name a global.
    let stacked = b"\x8c\x02os\x8c\x06system\x93.";
    assert_eq!(
        problem(stacked),
        ("asks for \"os.system\"".to_string(), true)
    );
    // Instructions that are read by extension number, or refer to other files.
    for code in [b'i', b'o', 0x82, b'P', 0x97] {
        let (text, asks) = problem(&[b'(', code, b'.']);
        assert!(asks, "{code:#x}: {text}");
    }
    // A known global called with unknown arguments; a text called.
    assert!(problem(b"ctorch._utils\n_rebuild_tensor_v2\n)R.").1);
    assert!(problem(b"X\x01\x00\x00\x00a)R.").1);
}

#[test]
fn anything_else_is_an_object_that_is_never_made() {
    let class = |bytes: &[u8]| {
        let pickle = read(bytes).expect("a pickle");
        let Node::Object(class) = pickle.nodes[pickle.root] else {
            panic!("{pickle:?}");
        };
        pickle.nodes[class].clone()
    };
    let named = |name: &str| Node::Named(name.to_string());
    for (module, name) in [
        ("argparse", "Namespace"),
        ("torch", "Size"),
        ("torch._utils", "_rebuild_tensor_v3"),
        ("collections", "OrderedDict\u{0}"),
        ("builtins", "getattr"),
    ] {
        let expected = named(&format!("{module}.{name}"));
        assert_eq!(class(&calling(module, name)), expected);
    }
    // Made with and without keywords, given a state, items and keys, and called itself.
    assert_eq!(class(b"ca\nB\n)\x81}b."), named("a.B"));
    assert_eq!(
        class(b"ca\nB\n)}\x92(K\x01K\x02e(K\x01K\x02u)R."),
        named("a.B")
    );
    // Bytes, sets, copies and long numbers are read over.
    let pickle = read(
        b"C\x02ab0B\x01\0\0\0a0\x8f(K\x01\x900(K\x01\x910K\x0720(K\x01K\x011\x8b\x01\0\0\0\x050.",
    );
    let pickle = pickle.expect("a number");
    assert_eq!(pickle.nodes[pickle.root], Node::Whole(7));
    // The name of a class is kept once, however many objects there are of it.
    let mut bytes = [b"c", &[b'm'; 1000][..], b"\nB\nq\0"].concat();
    bytes.extend(b"0h\0)R".repeat(10_000));
    bytes.push(b'.');
    let pickle = read(&bytes).expect("an object");
    let names = pickle
        .nodes
        .iter()
        .filter(|node| matches!(node, Node::Named(_)));
    assert_eq!(names.count(), 1);
}

#[test]
fn every_cut_is_an_error() {
    let bytes = state_dict();
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "cut at {length}");
    }
}

/// For any bytes, reading ends with a pickle or a fault.
#[test]
fn no_flipped_byte_does_harm() {
    let bytes = state_dict();
    for place in 0..bytes.len() {
        for value in 0..=255 {
            let mut changed = bytes.clone();
            changed[place] = value;
            let _ = read(&changed);
        }
    }
}

#[test]
fn nesting_is_never_descended() {
    // A million nested tuples, then lists in lists in the memo.
    let mut bytes = vec![b')'];
    bytes.extend(std::iter::repeat_n(0x85, 1_000_000));
    bytes.push(b'.');
    let pickle = read(&bytes).expect("a tuple");
    assert_eq!(pickle.nodes.len(), 1_000_001);
    drop(pickle);
    // A list that contains itself.
    let pickle = read(b"]q\x00h\x00a.").expect("a list");
    assert_eq!(pickle.nodes[pickle.root], Node::List(vec![pickle.root]));
    // Endless marks.
    let (text, _) = problem(&vec![b'('; 1_000_000]);
    assert!(text.contains("cut short"), "{text}");
}

#[test]
fn what_is_kept_cannot_be_multiplied() {
    // A list of pairs is consumed by the dict created from it.
    let mut bytes = b"ccollections\nOrderedDict\nq\x00]q\x01(".to_vec();
    for _ in 0..1000 {
        bytes.extend(b"K\x01K\x02\x86");
    }
    bytes.extend(b"e0");
    for _ in 0..1000 {
        bytes.extend(b"h\x00h\x01\x85R");
    }
    bytes.push(b'.');
    let pickle = read(&bytes).expect("dicts");
    let pairs = |node: &Node| match node {
        Node::Dict(pairs) => pairs.len(),
        _ => 0,
    };
    assert_eq!(pickle.nodes.iter().map(pairs).sum::<usize>(), 1000);
    // Only a tensor becomes a parameter.
    let (text, _) = problem(b"ctorch._utils\n_rebuild_parameter\n}\x88}\x87R.");
    assert!(text.contains("no tensor"), "{text}");
}

#[test]
fn whole_numbers_have_their_signs() {
    let of = |bytes: &[u8]| {
        let pickle = read(bytes).expect("a number");
        pickle.nodes[pickle.root].clone()
    };
    assert_eq!(of(b"K\xff."), Node::Whole(255));
    assert_eq!(of(b"M\x00\x80."), Node::Whole(32768));
    assert_eq!(of(b"J\xff\xff\xff\xff."), Node::Whole(-1));
    assert_eq!(of(b"\x8a\x02\x00\x80."), Node::Whole(-32768));
    assert_eq!(of(b"\x8a\x00."), Node::Whole(0));
    assert_eq!(
        of(b"\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x00."),
        Node::Other
    );
}
