python -m pip install '.[test]'
python -m pytest --junit-xml pytest.xml
storeproto check pebbles.conformance:subject --profile quick --operations 200 --clause LST --expect expect.toml
