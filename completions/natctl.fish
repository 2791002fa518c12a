function __natctl_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __natctl_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __natctl_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __natctl_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __natctl_parse_tokens -S
    set -l unparsed_tokens (__natctl_tokens -pc)
    switch $unparsed_tokens[1]
    case 'natctl'
        __natctl_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'external-ip'
            __natctl_parse_subcommand 0 'all' 'require-public' '6/ipv6' 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'map'
            __natctl_parse_subcommand -r 1 'keep' 'changes-only' 'on-change=' 'e/external-port=' 'exact' 'lifetime=' 'internal-address=' 'remote-host=' 'description=' '6/ipv6' 'require-public' 'verify' 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'unmap'
            __natctl_parse_subcommand -r 1 'external-port=' 'all' '6/ipv6' 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'list'
            __natctl_parse_subcommand 0 'leases' 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'list-interfaces'
            __natctl_parse_subcommand 0 'all' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'gateway'
            __natctl_parse_subcommand 0 'report=' 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'upnp-scan'
            __natctl_parse_subcommand 0 'actions' 'target=' 'scan-time=' 'gateway=' 'location=' 'interface=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'upnp-call'
            __natctl_parse_subcommand -r 3 'timeout=' 'gateway=' 'location=' 'interface=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'watch'
            __natctl_parse_subcommand 0 'via=' 'gateway=' 'location=' 'interface=' 'timeout=' 'json' 'q/quiet' 'v/verbose' 'color=' 'version' 'h/help'
        case 'help'
            __natctl_parse_subcommand -r 1 'version'
        end
    end
end

function __natctl_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __natctl_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __natctl_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __natctl_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__natctl_tokens -p)
    if test -z "$(__natctl_tokens -t)"
        set -l index (count (__natctl_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'natctl' -f
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'external-ip' -d 'Print the address on the Internet side'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'map' -d 'Open ports on the gateway'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'unmap' -d 'Delete mappings that map has made'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'list' -d 'Show the gateway\'s mappings'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'list-interfaces' -d 'Show this host\'s addresses and the best of them'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'gateway' -d 'Show the path to the Internet and what is on it'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'upnp-scan' -d 'List the UPnP devices and services on the link'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'upnp-call' -d 'Call an action of a UPnP service'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'watch' -d 'Report changes of the path to the Internet'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" all' -l 'all' -d 'Ask every gateway by every technique, and print a line for each answer.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" require-public' -l 'require-public' -d 'Fail when the address is not public.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" 6 ipv6' -s '6' -l 'ipv6' -d 'Print the IPv6 address that map --ipv6 would open.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion external-ip -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion external-ip -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion external-ip -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl external-ip" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl map" -ge 1' -fka '(__natctl_custom_completion ---completion map -- positional@0 (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" keep' -l 'keep' -d 'Stay and renew the mappings, follow every change, and delete them when stopped.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" changes-only' -l 'changes-only' -d 'For cron: print a mapping only when it is new, has changed or has failed.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" on-change' -l 'on-change' -d 'With --keep, --changes-only or a command: run this with sh -c at each change, with the event on standard input.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" e external-port' -s 'e' -l 'external-port' -d 'The external port to suggest, 0 for the gateway\'s choice; for several ports, that of the first. (default: the internal port)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" exact' -l 'exact' -d 'Fail, with nothing left mapped, when another external port is granted.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" lifetime' -l 'lifetime' -d 'The lifetime to request, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 2h)' -rfka '(__natctl_custom_completion ---completion map -- --lifetime (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" internal-address' -l 'internal-address' -d 'Map to this host instead, or use this local address. (default: this host\'s address towards the gateway; for IPv6, its stable global one)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" remote-host' -l 'remote-host' -d 'Ask the gateway to let only this peer in. (default: anyone)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" description' -l 'description' -d 'The text in the router\'s table, 1 to 64 bytes. (default: natctl and the port, as in natctl tcp 8080)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" 6 ipv6' -s '6' -l 'ipv6' -d 'Open the port of this host\'s own IPv6 address in the gateway\'s firewall.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" require-public' -l 'require-public' -d 'Fail, with nothing left mapped, when the external address is not public.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" verify' -l 'verify' -d 'Fail, with nothing left mapped, when the gateway\'s table, read by UPnP, lacks the mapping.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion map -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion map -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion map -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl map" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl unmap" -ge 1' -fka '(__natctl_custom_completion ---completion unmap -- positional@0 (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" external-port' -l 'external-port' -d 'Delete the mapping with this external port.' -rfka '(__natctl_custom_completion ---completion unmap -- --external-port (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" all' -l 'all' -d 'Delete all of natctl\'s mappings, or all those of one transport.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" 6 ipv6' -s '6' -l 'ipv6' -d 'Close IPv6 ports only. (default: IPv4 and IPv6)'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion unmap -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion unmap -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion unmap -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl unmap" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" leases' -l 'leases' -d 'Show natctl\'s leases only; works offline.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion list -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion list -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion list -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" all' -l 'all' -d 'Include loopback and interfaces that are down.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl list-interfaces" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" report' -l 'report' -d 'Write all requests and answers to this file, masked, for gateway-simulator to replay.' -rF
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion gateway -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion gateway -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion gateway -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl gateway" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" actions' -l 'actions' -d 'Read each service\'s description and list its actions.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" target' -l 'target' -d 'Search for this type of device or service only.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" scan-time' -l 'scan-time' -d 'How long to wait for answers. (default: 3s)' -rfka '(__natctl_custom_completion ---completion upnp-scan -- --scan-time (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" gateway' -l 'gateway' -d 'Search on the network of the gateway at this address.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" location' -l 'location' -d 'Read the description at this URL instead of searching; its host must be an address.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" interface' -l 'interface' -d 'Search on this interface. (default: those with a default route)' -rfka '(__natctl_custom_completion ---completion upnp-scan -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-scan" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl upnp-call" -eq 1' -fka '(__natctl_custom_completion ---completion upnp-call -- positional@0 (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_positional "natctl upnp-call" -eq 2' -fka '(__natctl_custom_completion ---completion upnp-call -- positional@1 (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" gateway' -l 'gateway' -d 'Search on the network of the gateway at this address.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" location' -l 'location' -d 'Read the description at this URL instead of searching; its host must be an address.' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" interface' -l 'interface' -d 'Search on this interface. (default: those with a default route)' -rfka '(__natctl_custom_completion ---completion upnp-call -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl upnp-call" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" via' -l 'via' -d 'The technique to use; auto, the default, prefers PCP, then NAT-PMP, then UPnP.' -rfka '(__natctl_custom_completion ---completion watch -- --via (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" gateway' -l 'gateway' -d 'Ask only the gateway at this address. (default: every default route)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" location' -l 'location' -d 'Read the UPnP description at this URL; its host is the gateway unless --gateway names one. (default: search)' -rfka ''
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" interface' -l 'interface' -d 'Use this interface. (default: the route\'s)' -rfka '(__natctl_custom_completion ---completion watch -- --interface (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" timeout' -l 'timeout' -d 'Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m. (default: 30s, plus 1s for each further port; 3s while no gateway has answered)' -rfka '(__natctl_custom_completion ---completion watch -- --timeout (count (__natctl_tokens -pc)) (string length -- (commandline -ct)))'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" json' -l 'json' -d 'Print one JSON document on standard output.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" q quiet' -l 'quiet' -s 'q' -d 'Print the bare answer only; cannot be combined with --json.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch"' -l 'verbose' -s 'v' -d 'Log requests and decisions to standard error; -vv adds packets.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" color' -l 'color' -d 'Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.' -rfka 'auto always never'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" version' -l 'version' -d 'Show the version.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl watch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'natctl' -n '__natctl_should_offer_completions_for_flags_or_options "natctl help" version' -l 'version' -d 'Show the version.'

# Behind `--` stands another command.
function __natctl_names_command
    set -l tokens (commandline -opc)
    test "$tokens[2]" = map; and contains -- -- $tokens
end

function __natctl_complete_command
    set -l tokens (commandline -opc)
    set -l start (math (contains -i -- -- $tokens) + 1)
    set -l command
    test $start -le (count $tokens); and set command (string escape -- $tokens[$start..])
    complete -C (string join -- ' ' $command (commandline -ct))
end

complete -c 'natctl' -n '__natctl_names_command' -fa '(__natctl_complete_command)'
