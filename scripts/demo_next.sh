#!/usr/bin/env bash
# Says what to do after the demo: `scripts/demo_next.sh BINARY FOLDER`. The order is the demo's own.
set -euo pipefail
trimtab=$1 home=$2/home report=$2/report

order=$("$trimtab" run examples/us-large-cap.toml --home "$home" --format json |
    sed -n 's/.*"an_order": *"\([^"]*\)".*/\1/p')
order=${order:-ORDER}

cat <<END

== next
  $report/tearsheet.html
                            the tearsheet: open it in a browser
  $trimtab why $order --home $home
                            why this order was placed, down to data and code
  $trimtab replay $order --home $home
                            recompute it and compare every byte
  $trimtab verify --home $home
                            check the journal's chain and every stored object
  make clean-demo           forget it all
END
