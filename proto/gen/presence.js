/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["baton-presence"] || ($protobuf.roots["baton-presence"] = {});

export const baton = $root.baton = (() => {

    /**
     * Namespace baton.
     * @exports baton
     * @namespace
     */
    const baton = {};

    baton.presence = (function() {

        /**
         * Namespace presence.
         * @memberof baton
         * @namespace
         */
        const presence = {};

        presence.Presence = (function() {

            /**
             * Properties of a Presence.
             * @typedef {Object} baton.presence.Presence.$Properties
             * @property {baton.presence.Introduction.$Properties|null} [introduction] Presence introduction
             * @property {baton.presence.Goodbye.$Properties|null} [goodbye] Presence goodbye
             * @property {baton.presence.Challenge.$Properties|null} [challenge] Presence challenge
             * @property {baton.presence.Signature.$Properties|null} [signature] Presence signature
             * @property {"introduction"|"goodbye"|"challenge"} [body] Presence body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Presence.
             * @memberof baton.presence
             * @interface IPresence
             * @augments baton.presence.Presence.$Properties
             * @deprecated Use baton.presence.Presence.$Properties instead.
             */

            /**
             * Narrowed shape of a Presence.
             * @typedef {{
             *   introduction?: baton.presence.Introduction.$Shape|null;
             *   goodbye?: baton.presence.Goodbye.$Shape|null;
             *   challenge?: baton.presence.Challenge.$Shape|null;
             *   signature?: baton.presence.Signature.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; introduction?: null; goodbye?: null; challenge?: null }|{ body?: "introduction"; introduction: baton.presence.Introduction.$Shape; goodbye?: null; challenge?: null }|{ body?: "goodbye"; introduction?: null; goodbye: baton.presence.Goodbye.$Shape; challenge?: null }|{ body?: "challenge"; introduction?: null; goodbye?: null; challenge: baton.presence.Challenge.$Shape })
             * )} baton.presence.Presence.$Shape
             */

            /**
             * Constructs a new Presence.
             * @memberof baton.presence
             * @classdesc Represents a Presence.
             * @constructor
             * @param {baton.presence.Presence.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Presence = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Presence introduction.
             * @member {baton.presence.Introduction.$Properties|null|undefined} introduction
             * @memberof baton.presence.Presence
             * @instance
             */
            Presence.prototype.introduction = null;

            /**
             * Presence goodbye.
             * @member {baton.presence.Goodbye.$Properties|null|undefined} goodbye
             * @memberof baton.presence.Presence
             * @instance
             */
            Presence.prototype.goodbye = null;

            /**
             * Presence challenge.
             * @member {baton.presence.Challenge.$Properties|null|undefined} challenge
             * @memberof baton.presence.Presence
             * @instance
             */
            Presence.prototype.challenge = null;

            /**
             * Presence signature.
             * @member {baton.presence.Signature.$Properties|null|undefined} signature
             * @memberof baton.presence.Presence
             * @instance
             */
            Presence.prototype.signature = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Presence body.
             * @member {"introduction"|"goodbye"|"challenge"|undefined} body
             * @memberof baton.presence.Presence
             * @instance
             */
            $Object.defineProperty(Presence.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["introduction", "goodbye", "challenge"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Presence message. Does not implicitly {@link baton.presence.Presence.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Presence
             * @static
             * @param {baton.presence.Presence.$Properties} message Presence message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Presence.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.introduction != null && $Object.hasOwnProperty.call(message, "introduction"))
                    $root.baton.presence.Introduction.encode(message.introduction, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.goodbye != null && $Object.hasOwnProperty.call(message, "goodbye"))
                    $root.baton.presence.Goodbye.encode(message.goodbye, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.challenge != null && $Object.hasOwnProperty.call(message, "challenge"))
                    $root.baton.presence.Challenge.encode(message.challenge, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.signature != null && $Object.hasOwnProperty.call(message, "signature"))
                    $root.baton.presence.Signature.encode(message.signature, writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Presence message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Presence
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Presence & baton.presence.Presence.$Shape} Presence
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Presence.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Presence();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.introduction = $root.baton.presence.Introduction.decode(reader, reader.size(), $undefined, _depth + 1, message.introduction);
                            message.body = "introduction";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.goodbye = $root.baton.presence.Goodbye.decode(reader, reader.size(), $undefined, _depth + 1, message.goodbye);
                            message.body = "goodbye";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.challenge = $root.baton.presence.Challenge.decode(reader, reader.size(), $undefined, _depth + 1, message.challenge);
                            message.body = "challenge";
                            continue;
                        }
                    case 15: {
                            if (wireType !== 2)
                                break;
                            message.signature = $root.baton.presence.Signature.decode(reader, reader.size(), $undefined, _depth + 1, message.signature);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Presence;
        })();

        presence.Challenge = (function() {

            /**
             * Properties of a Challenge.
             * @typedef {Object} baton.presence.Challenge.$Properties
             * @property {Uint8Array|null} [nonce] Challenge nonce
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Challenge.
             * @memberof baton.presence
             * @interface IChallenge
             * @augments baton.presence.Challenge.$Properties
             * @deprecated Use baton.presence.Challenge.$Properties instead.
             */

            /**
             * Shape of a Challenge.
             * @typedef {baton.presence.Challenge.$Properties} baton.presence.Challenge.$Shape
             */

            /**
             * Constructs a new Challenge.
             * @memberof baton.presence
             * @classdesc Represents a Challenge.
             * @constructor
             * @param {baton.presence.Challenge.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Challenge = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Challenge nonce.
             * @member {Uint8Array} nonce
             * @memberof baton.presence.Challenge
             * @instance
             */
            Challenge.prototype.nonce = $util.newBuffer([]);

            /**
             * Encodes the specified Challenge message. Does not implicitly {@link baton.presence.Challenge.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Challenge
             * @static
             * @param {baton.presence.Challenge.$Properties} message Challenge message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Challenge.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.nonce != null && $Object.hasOwnProperty.call(message, "nonce") && message.nonce.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.nonce);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Challenge message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Challenge
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Challenge & baton.presence.Challenge.$Shape} Challenge
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Challenge.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Challenge();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.nonce = value;
                            else
                                delete message.nonce;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Challenge;
        })();

        presence.Signature = (function() {

            /**
             * Properties of a Signature.
             * @typedef {Object} baton.presence.Signature.$Properties
             * @property {number|null} [keyId] Signature keyId
             * @property {Uint8Array|null} [mac] Signature mac
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Signature.
             * @memberof baton.presence
             * @interface ISignature
             * @augments baton.presence.Signature.$Properties
             * @deprecated Use baton.presence.Signature.$Properties instead.
             */

            /**
             * Shape of a Signature.
             * @typedef {baton.presence.Signature.$Properties} baton.presence.Signature.$Shape
             */

            /**
             * Constructs a new Signature.
             * @memberof baton.presence
             * @classdesc Represents a Signature.
             * @constructor
             * @param {baton.presence.Signature.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Signature = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Signature keyId.
             * @member {number} keyId
             * @memberof baton.presence.Signature
             * @instance
             */
            Signature.prototype.keyId = 0;

            /**
             * Signature mac.
             * @member {Uint8Array} mac
             * @memberof baton.presence.Signature
             * @instance
             */
            Signature.prototype.mac = $util.newBuffer([]);

            /**
             * Encodes the specified Signature message. Does not implicitly {@link baton.presence.Signature.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Signature
             * @static
             * @param {baton.presence.Signature.$Properties} message Signature message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Signature.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.keyId != null && $Object.hasOwnProperty.call(message, "keyId") && message.keyId !== 0)
                    writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.keyId);
                if (message.mac != null && $Object.hasOwnProperty.call(message, "mac") && message.mac.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.mac);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Signature message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Signature
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Signature & baton.presence.Signature.$Shape} Signature
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Signature.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Signature();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 5)
                                break;
                            if (value = reader.fixed32())
                                message.keyId = value;
                            else
                                delete message.keyId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.mac = value;
                            else
                                delete message.mac;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Signature;
        })();

        presence.Introduction = (function() {

            /**
             * Properties of an Introduction.
             * @typedef {Object} baton.presence.Introduction.$Properties
             * @property {string|null} [node] Introduction node
             * @property {Array.<baton.presence.Router.$Properties>|null} [routers] Introduction routers
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Introduction.
             * @memberof baton.presence
             * @interface IIntroduction
             * @augments baton.presence.Introduction.$Properties
             * @deprecated Use baton.presence.Introduction.$Properties instead.
             */

            /**
             * Shape of an Introduction.
             * @typedef {baton.presence.Introduction.$Properties} baton.presence.Introduction.$Shape
             */

            /**
             * Constructs a new Introduction.
             * @memberof baton.presence
             * @classdesc Represents an Introduction.
             * @constructor
             * @param {baton.presence.Introduction.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Introduction = function (properties) {
                this.routers = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Introduction node.
             * @member {string} node
             * @memberof baton.presence.Introduction
             * @instance
             */
            Introduction.prototype.node = "";

            /**
             * Introduction routers.
             * @member {Array.<baton.presence.Router.$Properties>} routers
             * @memberof baton.presence.Introduction
             * @instance
             */
            Introduction.prototype.routers = $util.emptyArray;

            /**
             * Encodes the specified Introduction message. Does not implicitly {@link baton.presence.Introduction.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Introduction
             * @static
             * @param {baton.presence.Introduction.$Properties} message Introduction message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Introduction.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.node != null && $Object.hasOwnProperty.call(message, "node") && message.node !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.node);
                if (message.routers != null && message.routers.length)
                    for (let i = 0; i < message.routers.length; ++i)
                        $root.baton.presence.Router.encode(message.routers[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Introduction message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Introduction
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Introduction & baton.presence.Introduction.$Shape} Introduction
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Introduction.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Introduction();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.node = value;
                            else
                                delete message.node;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.routers && message.routers.length))
                                message.routers = [];
                            message.routers.push($root.baton.presence.Router.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Introduction;
        })();

        presence.Router = (function() {

            /**
             * Properties of a Router.
             * @typedef {Object} baton.presence.Router.$Properties
             * @property {number|null} [virtualRouterId] Router virtualRouterId
             * @property {Uint8Array|null} [address] Router address
             * @property {number|null} [priority] Router priority
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Router.
             * @memberof baton.presence
             * @interface IRouter
             * @augments baton.presence.Router.$Properties
             * @deprecated Use baton.presence.Router.$Properties instead.
             */

            /**
             * Shape of a Router.
             * @typedef {baton.presence.Router.$Properties} baton.presence.Router.$Shape
             */

            /**
             * Constructs a new Router.
             * @memberof baton.presence
             * @classdesc Represents a Router.
             * @constructor
             * @param {baton.presence.Router.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Router = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Router virtualRouterId.
             * @member {number} virtualRouterId
             * @memberof baton.presence.Router
             * @instance
             */
            Router.prototype.virtualRouterId = 0;

            /**
             * Router address.
             * @member {Uint8Array} address
             * @memberof baton.presence.Router
             * @instance
             */
            Router.prototype.address = $util.newBuffer([]);

            /**
             * Router priority.
             * @member {number} priority
             * @memberof baton.presence.Router
             * @instance
             */
            Router.prototype.priority = 0;

            /**
             * Encodes the specified Router message. Does not implicitly {@link baton.presence.Router.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Router
             * @static
             * @param {baton.presence.Router.$Properties} message Router message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Router.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.virtualRouterId != null && $Object.hasOwnProperty.call(message, "virtualRouterId") && message.virtualRouterId !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.virtualRouterId);
                if (message.address != null && $Object.hasOwnProperty.call(message, "address") && message.address.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.address);
                if (message.priority != null && $Object.hasOwnProperty.call(message, "priority") && message.priority !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.priority);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Router message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Router
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Router & baton.presence.Router.$Shape} Router
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Router.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Router();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.virtualRouterId = value;
                            else
                                delete message.virtualRouterId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.address = value;
                            else
                                delete message.address;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.priority = value;
                            else
                                delete message.priority;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Router;
        })();

        presence.Goodbye = (function() {

            /**
             * Properties of a Goodbye.
             * @typedef {Object} baton.presence.Goodbye.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Goodbye.
             * @memberof baton.presence
             * @interface IGoodbye
             * @augments baton.presence.Goodbye.$Properties
             * @deprecated Use baton.presence.Goodbye.$Properties instead.
             */

            /**
             * Shape of a Goodbye.
             * @typedef {baton.presence.Goodbye.$Properties} baton.presence.Goodbye.$Shape
             */

            /**
             * Constructs a new Goodbye.
             * @memberof baton.presence
             * @classdesc Represents a Goodbye.
             * @constructor
             * @param {baton.presence.Goodbye.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Goodbye = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified Goodbye message. Does not implicitly {@link baton.presence.Goodbye.verify|verify} messages.
             * @function encode
             * @memberof baton.presence.Goodbye
             * @static
             * @param {baton.presence.Goodbye.$Properties} message Goodbye message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Goodbye.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Goodbye message from the specified reader or buffer.
             * @function decode
             * @memberof baton.presence.Goodbye
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {baton.presence.Goodbye & baton.presence.Goodbye.$Shape} Goodbye
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Goodbye.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.baton.presence.Goodbye();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Goodbye;
        })();

        return presence;
    })();

    return baton;
})();

export {
  $root as default
};
