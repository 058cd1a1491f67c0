//! The units of a monorepo: a service account, a Service, a Deployment and an Ingress each, in a folder of
//! their own. Shared by the embedded and the cluster benchmark; knows neither.

/// How many objects a unit has.
pub(crate) const OBJECTS: usize = 4;
/// Where all of them live.
pub(crate) const NAMESPACE: &str = "shop";

/// The name of a unit, of its objects and of its declaration.
pub(crate) fn name(unit: usize) -> String {
    format!("web-{unit:04}")
}

/// Its folder in the repository.
pub(crate) fn folder(unit: usize) -> String {
    format!("units/{:02}/{}", unit / 50, name(unit))
}

/// Its files, with their paths.
pub(crate) fn files(unit: usize) -> [(String, String); OBJECTS] {
    let (name, folder) = (name(unit), folder(unit));
    let head = |version: &str, kind: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n")
    };
    let service = format!(
        "{}spec:\n  selector:\n    app: {name}\n  ports:\n    - name: http\n      port: 80\n      targetPort: http\n",
        head("v1", "Service")
    );
    let ingress = format!(
        "{}spec:\n  rules:\n    - host: {name}.example.org\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            backend:\n              service:\n                name: {name}\n                port:\n                  name: http\n",
        head("networking.k8s.io/v1", "Ingress")
    );
    [
        (format!("{folder}/serviceaccount.yaml"), head("v1", "ServiceAccount")),
        (format!("{folder}/service.yaml"), service),
        deployment(unit, "info"),
        (format!("{folder}/ingress.yaml"), ingress),
    ]
}

/// The file of its Deployment at a log level.
pub(crate) fn deployment(unit: usize, level: &str) -> (String, String) {
    let name = name(unit);
    let text = format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      serviceAccountName: {name}
      containers:
        - name: web
          image: registry.example.org/shop/web:1.0.0
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: LOG_LEVEL
              value: {level}
          resources:
            requests:
              cpu: 10m
              memory: 16Mi
"
    );
    (format!("{}/deployment.yaml", folder(unit)), text)
}
