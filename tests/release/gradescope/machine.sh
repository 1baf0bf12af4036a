# Become the machine that emulator.py describes; in fresh mount and process namespaces.
#
# arguments: the test's folder, an environment or nothing, where its Python is, the project
set -e
folder=$1 environment=$2 python=$3 project=$4

mount -t tmpfs tmpfs "$folder/system"
cd "$folder/system"
mkdir changes spare root
cd root

# Each folder of this machine on its own: only root may overlay one in which others are mounted.
for path in /*; do
    name=${path#/}
    case $name in
    proc | sys | dev | tmp | autograder | lost+found) continue ;;
    esac
    if [[ -L $path ]]; then
        cp --no-dereference "$path" "$name"
    elif [[ -d $path ]]; then
        mkdir "$name" "../changes/$name" "../spare/$name"
        chmod --reference="$path" "../changes/$name"  # which an overlay has, too
        layers=lowerdir=$path,upperdir=../changes/$name,workdir=../spare/$name
        mount -t overlay overlay -o "$layers" "$name" 2>/dev/null || {
            mount --rbind "$path" "$name"
            mount -o remount,bind,ro "$name"
        }
    fi
done
mkdir proc sys dev tmp autograder
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs dev/shm

mount --bind "$folder/autograder" autograder
if [[ $environment ]]; then
    mkdir -p autograder/venv ".$python"
    mount --bind "$environment" autograder/venv
    mount -o remount,bind,ro autograder/venv
    if [[ $python != /usr ]]; then
        mount --bind "$python" ".$python"
        mount -o remount,bind,ro ".$python"
    fi
fi
# Gradescope has no copy of the project.
[[ ! -d .$project ]] || mount -t tmpfs tmpfs ".$project"
mount -t tmpfs -o mode=1777 tmpfs tmp

# Not chroot, in which nobody may have namespaces, as bubblewrap needs them.
mkdir tmp/before
mount --rbind . .
cd "$PWD"
pivot_root . tmp/before
cd /
umount --lazy /tmp/before
rmdir /tmp/before

echo ready
# A shell that waits also reaps the processes that others leave behind.
sleep infinity &
wait
