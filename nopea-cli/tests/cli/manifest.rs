//! Manifests that the tests share.

/// A namespace and an object in it.
pub const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
data:
  currency: EUR
";

/// An object that names no namespace.
pub const BARE: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: bare
data: {}
";

/// An object of a kind that nobody defines.
pub const CUSTOM: &str = "\
apiVersion: example.org/v1
kind: Widget
metadata:
  name: one
  namespace: default
spec:
  size: 3
";

/// A `ConfigMap` of a name.
pub fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: b\n")
}
