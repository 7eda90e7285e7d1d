#!/bin/bash
#
# Installs the packages of a package.json, by exact version, into a folder:
#
#	test/applications/npm.sh FOLDER [PACKAGE.JSON]
#
# None of their scripts is run. Where npm or the network is not there it says so, and leaves no folder: the tests that
# need it are skipped.
#
set -u

folder=$1
mkdir -p "$folder"
cp "${2:-$(dirname "$0")/package.json}" "$folder/package.json"
cd "$folder" || exit
if ! command -v npm >/dev/null; then
	echo "npm is not installed: what is in JavaScript is not tested"
elif ! timeout 300 npm install --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error \
	--fetch-retries=1 --cache "$folder/cache" >npm.log 2>&1; then
	tail -n 5 npm.log
	echo "npm could not get its packages: what is in JavaScript is not tested"
	rm -rf node_modules
fi
rm -rf cache
