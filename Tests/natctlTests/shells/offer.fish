# offer.fish SCRIPT WORD...: what fish would offer for the last word, one a line.
source $argv[1]
complete -C (string join ' ' -- $argv[2..-1]) | string replace -r '\t.*' ''
