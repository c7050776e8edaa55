import subprocess
import sys


def test_without_ap_gym_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['ap_gym'] = None\n"
        "from activevision.errors import UserError\n"
        "try: import activevision.envs.ap_gym\n"
        "except UserError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'activevision[ap-gym]'" in done.stdout
