#!/bin/bash

__natctl_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__natctl_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__natctl_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__natctl_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_natctl() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __natctl_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    external-ip|map|unmap|list|list-interfaces|gateway|upnp-scan|upnp-call|watch|help)
        # Offer subcommand argument completions
        "_natctl_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'external-ip map unmap list list-interfaces gateway upnp-scan upnp-call watch help' -- "${cur}"))
        ;;
    esac
}

_natctl_external-ip() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--all --require-public --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--via --gateway --location --interface --timeout)
    __natctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion external-ip -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion external-ip -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion external-ip -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_map() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--keep --changes-only --exact --require-public --verify --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--on-change -e --external-port --lifetime --internal-address --remote-host --description --via --gateway --location --interface --timeout)
    __natctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--on-change')
        return
        ;;
    '-e'|'--external-port')
        return
        ;;
    '--lifetime')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion map -- --lifetime "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--internal-address')
        return
        ;;
    '--remote-host')
        return
        ;;
    '--description')
        return
        ;;
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion map -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion map -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion map -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion map -- positional@0 "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_unmap() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--all --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--external-port --via --gateway --location --interface --timeout)
    __natctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--external-port')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion unmap -- --external-port "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion unmap -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion unmap -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion unmap -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    *)
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion unmap -- positional@0 "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_list() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--leases --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--via --gateway --location --interface --timeout)
    __natctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion list -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion list -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion list -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_list-interfaces() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--all --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=()
    __natctl_offer_flags_options 0
}

_natctl_gateway() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--report --via --gateway --location --interface --timeout)
    __natctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--report')
        __natctl_add_completions -f
        return
        ;;
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion gateway -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion gateway -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion gateway -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_upnp-scan() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--actions --json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--target --scan-time --gateway --location --interface)
    __natctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--target')
        return
        ;;
    '--scan-time')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion upnp-scan -- --scan-time "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion upnp-scan -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_upnp-call() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--timeout --gateway --location --interface)
    __natctl_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--timeout')
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion upnp-call -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion upnp-call -- positional@0 "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    2)
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion upnp-call -- positional@1 "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_watch() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--via --gateway --location --interface --timeout)
    __natctl_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--via')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion watch -- --via "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--gateway')
        return
        ;;
    '--location')
        return
        ;;
    '--interface')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion watch -- --interface "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    '--timeout')
        __natctl_add_completions -W "$(__natctl_custom_complete ---completion watch -- --timeout "${COMP_CWORD}" "$(__natctl_cursor_index_in_current_word)")"
        return
        ;;
    esac
}

_natctl_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __natctl_offer_flags_options -1
}

complete -o filenames -F _natctl natctl

# Behind `--` stands another command.
_natctl_or_command() {
    local -i index
    if [[ "${COMP_WORDS[1]}" == map ]]; then
        for ((index = 2; index < COMP_CWORD; index++)); do
            [[ "${COMP_WORDS[index]}" == -- ]] || continue
            if declare -F _comp_command_offset >/dev/null; then
                _comp_command_offset "$((index + 1))"
            elif declare -F _command_offset >/dev/null; then
                _command_offset "$((index + 1))"
            elif ((COMP_CWORD == index + 1)); then
                COMPREPLY=($(compgen -A command -- "${2}"))
            else
                COMPREPLY=($(compgen -A file -- "${2}"))
            fi
            return
        done
    fi
    _natctl "$@"
}

complete -o filenames -F _natctl_or_command natctl
