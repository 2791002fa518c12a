# offer.fish SCRIPT WORD...: what fish would offer for the last word, one a line; with MEANINGS set also
# what it shows beside it.
source $argv[1]
set -l offers (complete -C (string join ' ' -- $argv[2..-1]))
if set -q MEANINGS
    string join \n -- $offers
else
    string replace -r '\t.*' '' -- $offers
end
