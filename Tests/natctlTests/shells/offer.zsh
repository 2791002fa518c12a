# offer.zsh SCRIPT WORD...: what zsh would offer for the last word, one a line.
#
# Only an interactive zsh completes, so one is started on a terminal of its own, where compadd also
# prints what it is given.
zmodload zsh/zpty
script=$1
shift
zpty shell zsh -f -i
zpty -w shell 'PS1=; stty -echo; autoload -Uz compinit; compinit -u -D; source '$script'
compadd () {
    local -a matches
    if [[ $@[1,(i)(-|--)] == *-(O|A|D)* ]]; then
        builtin compadd "$@"
    else
        builtin compadd -A matches "$@"
        print -rl -- OFFER:$^matches
        builtin compadd "$@"
    fi
}
offer () { zle complete-word; print EN""D }
zle -N offer
bindkey "^X" offer
print REA""DY'
while zpty -r shell line; do [[ $line == *READY* ]] && break; done
zpty -w -n shell "$*"$'\C-X'
while zpty -r shell line; do
    print -r -- "$line"
    [[ $line == *END* ]] && break
done | tr -d '\r' | sed -n 's/.*OFFER://p' | sort -u
zpty -d shell
