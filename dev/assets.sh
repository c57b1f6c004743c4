#!/bin/sh
# Makes the fonts and the icons of the pages anew (static/acquire/fonts, static/acquire/icons) from Inter and from icon.svg.
# Run by hand, `sh dev/assets.sh`, when a word needs a sign that the subset lacks or the icon changes; what it makes is committed.
# Needs npm, python3 and a Chromium (CHROMIUM=/usr/bin/chromium). After it, put the new hashes into page.css: a test names them.
set -eu
cd "$(dirname "$0")/../static/acquire"
pages=$PWD
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"

# Inter 4.1, SIL Open Font License 1.1: Latin, Russian and Kazakh, digits, and the signs of the pages. `tnum`: digits of one width.
signs="U+20-7E,U+A0,U+A7,U+A9,U+AB,U+AE,U+B0,U+B1,U+B7,U+BB,U+D7,U+401,U+406,U+410-44F,U+451,U+456,U+492-493,U+49A-49B"
signs="$signs,U+4A2-4A3,U+4AE-4B1,U+4BA-4BB,U+4D8-4D9,U+4E8-4E9,U+2009,U+2011,U+2013-2014,U+2018-2019,U+201C-201E,U+2022"
signs="$signs,U+2026,U+202F,U+20B8,U+2116,U+2190-2193,U+2212,U+2713"
npm pack --silent inter-ui@4.1.1
tar xzf inter-ui-4.1.1.tgz
python3 -m venv tools
tools/bin/pip install --quiet fonttools==4.68.0 brotli==1.2.1
mkdir -p "$pages/fonts" "$pages/icons"
for face in Regular:400 SemiBold:600; do
  tools/bin/pyftsubset "package/web/Inter-${face%:*}.woff2" --unicodes="$signs" --layout-features=kern,ccmp,locl,mark,tnum \
    --flavor=woff2 --output-file="$pages/fonts/inter-${face#*:}.woff2"
done
# Inter makes hyphens and slashes as wide as digits too, which tears words apart: only the digits stay so.
tools/bin/python - "$pages"/fonts/inter-*.woff2 <<'EOF'
import sys

from fontTools.ttLib import TTFont

for path in sys.argv[1:]:
    font = TTFont(path, recalcTimestamp=False)
    digits = {font.getBestCmap()[ord(digit)] for digit in "0123456789"}
    table = font["GSUB"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for part in table.LookupList.Lookup[index].SubTable:
                    part = getattr(part, "ExtSubTable", part)
                    part.mapping = {name: other for name, other in part.mapping.items() if name in digits}
    font.save(path)
EOF
cp package/LICENSE.txt "$pages/fonts/LICENSE.txt"

# draw NAME PIXELS GROUND SHARE: the icon on a ground, so large a share of the side.
draw() {
  cat > page.html <<EOF
<style>body { margin: 0; background: $3; display: grid; place-items: center; height: 100vh }</style>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="$4%" style="--on: $5; --cut: $6">
<path style="fill: var(--on)" d="M5 2.5h14v19l-2.3-1.6-2.4 1.6-2.3-1.6-2.3 1.6-2.4-1.6L5 21.5z"/>
<path style="fill: none; stroke: var(--cut)" stroke-width="1.8" stroke-linecap="round" d="M8.5 8h7M8.5 12h7M8.5 16h4"/></svg>
EOF
  "${CHROMIUM:-/usr/bin/chromium}" --headless --no-sandbox --hide-scrollbars --force-device-scale-factor=1 \
    --default-background-color=00000000 --window-size="$2,$2" --screenshot="$pages/icons/$1.png" "file://$work/page.html" >&2
}
draw icon-192 192 transparent 100 '#0b6b4c' '#fff'
draw icon-512 512 transparent 100 '#0b6b4c' '#fff'
# Cut to a circle or a drop by the device: all that matters is within the middle four fifths.
draw maskable-512 512 '#0b6b4c' 62 '#fff' '#0b6b4c'
draw touch-180 180 '#fff' 84 '#0b6b4c' '#fff'
