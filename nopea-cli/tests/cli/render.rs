//! `nopea render`.

use crate::{
    manifest::SHOP,
    run::{folder, nopea, shows},
};

#[test]
fn a_render_prints_documents_under_their_places() {
    let folder = folder(&[("apps/shop.yaml", SHOP)]);
    shows!(nopea(folder.path(), &["render", "."]).whole(), @r#"
    exit 0
    --- stdout
    ---
    # apps/shop.yaml:1
    apiVersion: v1
    kind: Namespace
    metadata:
      name: shop
    ---
    # apps/shop.yaml:6
    apiVersion: v1
    data:
      currency: EUR
    kind: ConfigMap
    metadata:
      name: settings
      namespace: shop
    --- stderr
    "#);
    let json = nopea(folder.path(), &["render", ".", "-o", "json"]).stdout;
    assert_eq!(json.lines().count(), 2);
}

#[test]
fn what_is_rendered_renders_to_the_same() {
    let odd = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\ndata:\n  a: 'yes'\n  \
               b: '0777'\n  c: '1_000'\n  d: 'null'\n  e: '1e3'\n  f: '0x1F'\n  g: ''\n  h: '~'\n  \
               i: |\n    two\n    lines\n  j: 'a: b # c'\n  k: '0o17'\n  l: '1:30'\n  m: 'y'\n  \
               n: '.5'\n  o: '2026-01-01'\n  p: '<<'\n  q: '='\n  r: \"tab\\there\"\n  s: '+1'\n  \
               t: '-.inf'\n  u: ' x '\n  v: '0b11'\n  w: '!a'\n  x: '- a'\n";
    let first = folder(&[("a.yaml", odd)]);
    let json = nopea(first.path(), &["render", ".", "-o", "json"]).stdout;
    let yaml = nopea(first.path(), &["render", "."]).stdout;
    let second = folder(&[("a.yaml", &yaml)]);
    let again = nopea(second.path(), &["render", ".", "-o", "json"]);
    assert_eq!(again.stdout, json, "{yaml}");
}
