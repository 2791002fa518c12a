/// Runs `body` on other threads than the main one, which is free then for signals and sockets: what
/// prints while it works may have to wait for its reader, and nothing else may wait with it.
func besideMainThread<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    try await withTaskExecutorPreference(globalConcurrentExecutor, operation: body)
}
