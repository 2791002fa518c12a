import ArgumentParser
import NATTraversal

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", _superCommandName: NATCtl.name,
        abstract: "Report changes of the path to the Internet",
        discussion: """
            Prints an event per line, the present state first, until SIGINT or SIGTERM: a new \
            external address, a restarted gateway, another gateway, another interface or address \
            of this host. Nothing is mapped. SIGHUP asks again at once. --quiet prints the \
            external address alone, first as it is and then at each change.
            """)

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func run() async throws { try await besideMainThread(watch) }

    private func watch() async throws {
        let control = HoldControl(hasCommand: false)
        control.takeOver(.shared)
        let mapper = try await output.value(.watch) {
            let mapper = PortMapper(try gateway.selection())
            // A gateway may come later, an interface of a wrong name will not.
            do { _ = try mapper.bestGateway() } catch PortMapperError.noSuchInterface(
                let name)
            {
                throw PortMapperError.noSuchInterface(name)
            } catch {}
            return mapper
        }
        let source = await EventSource(mapper.watch())
        let service = ServiceManager()
        control.holds {
            source.refresh()
            service?.tellReload()
        }
        service?.tell("READY=1")
        let audience = EventAudience(format: output.format, isWatch: true, service: service)
        throw await HoldSession(source: source, audience: audience, control: control).run().exitCode
    }
}
