// `SystemError` is part of the public face, so whoever imports the library can read it without
// knowing the module it stands in. Inside the package this brings along the rest of that module.
@_exported public import NATTraversalSupport
