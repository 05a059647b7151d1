#!/bin/sh
# Usage: collect-rootfs.sh ROOT PROGRAM...
# Lays out ROOT with the programs, the shared libraries that `ldd` names for them, CA certificates and the few files
# that name lookups need. Run while building the image; everything comes from the stage it runs in. /packages.tsv then says which
# packages, in which versions, that was.
set -eu
root=$1
shift
mkdir -p "$root/etc/ssl/certs" "$root/run/tailscale" "$root/run/guest-services" "$root/tmp" \
  "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/local/bin" "$root/var/lib/tailnet-share" "$root/app"
chmod 1777 "$root/tmp"
chmod 0700 "$root/var/lib/tailnet-share"
# The merged-/usr links must be there first: the loader's path is absolute.
for link in bin sbin lib lib64; do
  [ -L "/$link" ] || continue
  mkdir -p "$root/usr/$link"
  ln -s "usr/$link" "$root/$link"
done
ln -s /run "$root/var/run"

files=$(mktemp)
copy() {
  echo "$1" >> "$files"
  mkdir -p "$root$(dirname "$1")"
  cp -L "$1" "$root$1"
}

for program in "$@"; do
  copy "$program"
  ldd "$program" | awk '$2 == "=>" {print $3} $1 ~ /^\// {print $1}' | sort -u | while read -r library; do
    copy "$library"
  done
done
# glibc loads these by name at run time, so `ldd` does not show them.
for library in $(ldconfig -p | awk '/libnss_(dns|files)\.so\.2/ || /libresolv\.so\.2/ {print $NF}'); do
  copy "$library"
done
copy /etc/ssl/certs/ca-certificates.crt
copy /etc/nsswitch.conf 2>/dev/null || echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
echo 'root:x:0:0:root:/tmp:/sbin/nologin' > "$root/etc/passwd"
echo 'root:x:0:' > "$root/etc/group"

# Packages register their files with or without /usr, and under the names that links stand for.
packages=$(while read -r file; do
  for name in "$file" "/usr$file" "${file#/usr}" "$(realpath "$file")"; do
    owner=$(dpkg -S "$name" 2> /dev/null) || continue
    # `libc6:amd64, libc6:i386: /lib/…` names two.
    echo "$owner" | sed 's/: .*//' | tr ',' '\n' | sed 's/^ *//;s/:.*//'
    break
  done
done < "$files" | sort -u)
# Its one file is made of the package's others when it is installed.
for package in $packages ca-certificates; do
  dpkg-query -W -f '${Package}\t${Version}\n' "$package"
done | sort -u > /packages.tsv
printf 'node\t%s\n' "$(node --version | tr -d v)" >> /packages.tsv
# Licences of what was copied travel with it.
mkdir -p "$root/usr/share/doc"
for package in $(cut -f1 /packages.tsv); do
  [ ! -f "/usr/share/doc/$package/copyright" ] || copy "/usr/share/doc/$package/copyright"
done
[ ! -f /usr/local/LICENSE ] || copy /usr/local/LICENSE
